"""Family `toy_classes`: pictures of a class that one may name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from torch import Tensor
from torch.nn import Module
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


class ClassControls(Controls):
    """What may be chosen each time a picture is made."""

    condition: str = knob(
        "",
        of_spec="condition",
        title_zh="类别",
        help="The class; any where it is left open.",
        help_zh="类别；留空则随机。",
    )
    contrast: float = knob(
        1.0, low=0.0, high=10.0, title_zh="对比度", help="Stretches the noise.", help_zh="放大噪声的倍数。"
    )


class ToyClasses(Plugin):
    """The likelihood of each pixel, class by class."""

    name: ClassVar[str] = "toy_classes"
    title: ClassVar[str] = "Toy: pictures of a class"
    title_zh: ClassVar[str] = "玩具：按类别生成图像"
    summary: ClassVar[str] = "Learns every pixel of a class by itself."
    summary_zh: ClassVar[str] = "分别学习每个类别的每个像素。"
    roles: ClassVar[Mapping[str, Role]] = {"data": Role("dataset_version", modalities=("image",))}
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = ClassControls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 200}
    tolerance: ClassVar[float] = 1e-5
    toy: ClassVar[Mapping[str, Any]] = {}
    toy_spec: ClassVar[Spec] = Spec(
        "image",
        (Field("image", "continuous", (1, 8, 8)), Field("condition", "condition", (), 3, ("one", "two", "three"))),
    )

    lr: float = knob(0.05, low=1e-6, high=1.0, title_zh="学习率", help="Learning rate.", help_zh="学习率。")

    def check(self, spec: Spec) -> None:
        """Pictures with classes."""
        if len(spec.of_kind("continuous")) != 1 or not spec.classes:
            raise InvalidInput(
                "toy_classes learns pictures that have classes.", field="data",
                expected="one picture per item, and classes", got=[part.kind for part in spec.fields],
            )  # fmt: skip

    def build(self, spec: Spec) -> dict[str, Module]:
        return {"painter": NormalPixels(spec.of_kind("continuous")[0].shape, len(spec.classes))}

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        return {"painter": Adam(nets["painter"].parameters(), self.lr)}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        painter = cast(NormalPixels, nets["painter"])
        yield Phase(("painter",), {"nats": painter.nats(batch["image"], batch["condition"])})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        shape = spec.of_kind("continuous")[0].shape
        chosen = Port("condition", "condition", (), "int64", len(spec.classes))
        return {
            "painter": Graph(nets["painter"], (Port("noise", "noise", shape), chosen), (Port("image", "field", shape),))
        }

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """`contrast` is a number of each item, (B,)."""
        noise = x["noise"] * cond["contrast"][:, None, None, None]
        return call("painter", noise=noise, condition=cond["condition"])
