"""Family `toy_chain`: a prior makes a code, a decoder makes a picture of it; each has noise of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from models_store.errors import InvalidInput
from workers.contracts import (
    PARENT,
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


class Decoder(nn.Module):
    """A code and a detail to a picture."""

    def __init__(self, code: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2 * code, prod(shape)), nn.Tanh(), nn.Unflatten(1, shape))

    def forward(self, code: Tensor, detail: Tensor) -> Tensor:
        """(B, code) and (B, code) to (B, *shape)."""
        return self.body(torch.cat([code, detail], 1))


class ToyChain(Plugin):
    """Every real picture pulls the nearest of those that were made (Li & Malik 2018, algorithm 1)."""

    name: ClassVar[str] = "toy_chain"
    title: ClassVar[str] = "Toy: prior and decoder"
    title_zh: ClassVar[str] = "玩具：先验与解码器"
    summary: ClassVar[str] = "Two networks, one after the other; goes on from an earlier model."
    summary_zh: ClassVar[str] = "两个网络依次运行；可在已有模型上继续训练。"
    roles: ClassVar[Mapping[str, Role]] = {"data": Role("dataset_version", modalities=("image",)), "parent": PARENT}
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("decoder",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 200, "average_decay": 0.9}
    tolerance: ClassVar[float] = 1e-5
    toy: ClassVar[Mapping[str, Any]] = {}
    toy_spec: ClassVar[Spec] = Spec("image", (Field("image", "continuous", (1, 8, 8)),))

    code: int = knob(
        4, low=1, high=64, shapes=True, title_zh="编码维数", help="Numbers in a code.", help_zh="编码的维数。"
    )
    lr: float = knob(0.02, low=1e-6, high=1.0, title_zh="学习率", help="Learning rate.", help_zh="学习率。")

    def check(self, spec: Spec) -> None:
        """One picture per item."""
        if len(spec.of_kind("continuous")) != 1:
            raise InvalidInput(
                "toy_chain learns one picture per item.", field="data", expected=1, got=len(spec.of_kind("continuous"))
            )

    def build(self, spec: Spec) -> dict[str, nn.Module]:
        prior = nn.Sequential(nn.Linear(self.code, 8), nn.ReLU(), nn.Linear(8, self.code))
        return {"prior": prior, "decoder": Decoder(self.code, spec.of_kind("continuous")[0].shape)}

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        return {name: Adam(net.parameters(), self.lr) for name, net in nets.items()}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        real = batch["image"]  # (B, C, H, W)
        seed, detail = (rng.normal(name, len(real), self.code).to(real.device) for name in ("seed", "detail"))
        made = nets["decoder"](nets["prior"](seed), detail)  # (B, C, H, W)
        apart = torch.cdist(real.flatten(1), made.float().flatten(1))  # (real, made)
        yield Phase(("prior", "decoder"), {"nearest": apart.min(1).values})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        image, width = spec.of_kind("continuous")[0], (self.code,)
        code = Port("code", "field", width)
        return {
            "prior": Graph(nets["prior"], (Port("seed", "noise", width),), (code,)),
            "decoder": Graph(
                nets["decoder"], (code, Port("detail", "noise", width)), (Port(image.name, "field", image.shape),)
            ),
        }

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        return call("decoder", **call("prior", seed=x["seed"]), detail=x["detail"])
