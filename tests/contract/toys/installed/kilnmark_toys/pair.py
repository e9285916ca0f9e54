"""Family `toy_pair`: pictures like those of one data set, and what tells them from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.optim import Adam, Optimizer

from kilnmark_toys.pixels import NormalPixels
from models_store.errors import InvalidInput
from workers.contracts import (
    Call,
    Controls,
    Field,
    Fields,
    Graph,
    Nets,
    Phase,
    Plugin,
    Port,
    Role,
    Sampling,
    Spec,
    Streams,
    knob,
)

PICTURES = Role("dataset_version", modalities=("image",))


class OneKind(nn.Module):
    """A painter of a single class, which nobody has to name."""

    def __init__(self, pixels: NormalPixels) -> None:
        super().__init__()
        self.pixels = pixels

    def forward(self, noise: Tensor) -> Tensor:
        only = noise.new_zeros(noise.shape[0], dtype=torch.int64)  # len(noise) would export as the example's size
        return self.pixels(noise, only)


class ToyPair(Plugin):
    """A painter learns from `data_a`; every other step a teller learns to tell it from `data_b`."""

    name: ClassVar[str] = "toy_pair"
    title: ClassVar[str] = "Toy: two data sets"
    title_zh: ClassVar[str] = "玩具：两个数据集"
    summary: ClassVar[str] = "Makes pictures like the first set, and learns what tells it from the second."
    summary_zh: ClassVar[str] = "生成与第一个数据集相似的图像，并学习它与第二个的区别。"
    roles: ClassVar[Mapping[str, Role]] = {"data_a": PICTURES, "data_b": PICTURES}
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("painter",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 200, "average_decay": 0.9}
    tolerance: ClassVar[float] = 1e-5
    toy: ClassVar[Mapping[str, Any]] = {}
    toy_spec: ClassVar[Spec] = Spec.joined(
        {role: Spec("image", (Field("image", "continuous", (1, 8, 8)),)) for role in ("data_a", "data_b")}
    )

    lr: float = knob(0.05, low=1e-6, high=1.0, title_zh="学习率", help="Learning rate.", help_zh="学习率。")

    def check(self, spec: Spec) -> None:
        """Pictures of one shape in both."""
        shapes = [[part.shape for part in spec.of_role(role).of_kind("continuous")] for role in self.roles]
        if shapes[0] != shapes[1] or len(shapes[0]) != 1:
            raise InvalidInput(
                "toy_pair learns from two sets of like pictures.", code="wrong_shape", field="data_b",
                expected=shapes[0], got=shapes[1],
            )  # fmt: skip

    def build(self, spec: Spec) -> dict[str, nn.Module]:
        shape = spec.of_role("data_a").of_kind("continuous")[0].shape
        return {
            "painter": OneKind(NormalPixels(shape)),
            "teller": nn.Sequential(nn.Flatten(), nn.Linear(prod(shape), 1), nn.Flatten(0)),
        }

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        return {name: Adam(net.parameters(), self.lr) for name, net in nets.items()}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        mine, other = batch["data_a/image"], batch["data_b/image"]
        only = torch.zeros(len(mine), dtype=torch.int64, device=mine.device)
        yield Phase(("painter",), {"nats": cast(OneKind, nets["painter"]).pixels.nats(mine, only)})
        if rng.step % 2 == 0:
            told = softplus(-nets["teller"](mine)) + softplus(nets["teller"](other))  # (B,)
            yield Phase(("teller",), {"told": told})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        image = spec.of_role("data_a").of_kind("continuous")[0]
        made = (Port(image.name, "field", image.shape),)
        return {"painter": Graph(nets["painter"], (Port("noise", "noise", image.shape),), made)}

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        return call("painter", noise=x["noise"])
