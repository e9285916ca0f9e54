"""Family `toy_columns`: every column of a table by itself, numbers normal, labels and gaps by their frequency."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from torch.optim import Adam, Optimizer

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

MISSING = "/missing"  # behind the name of a column: whether its value is missing


class Columns(nn.Module):
    """A normal distribution and a chance of a gap for each column of numbers, odds for each column of labels."""

    def __init__(self, numbers: Sequence[str], labels: Mapping[str, int]) -> None:
        super().__init__()
        self.numbers, self.labels = list(numbers), dict(labels)
        self.mean, self.log_deviation, self.gap = (nn.Parameter(torch.zeros(len(numbers))) for _ in range(3))
        self.odds = nn.Parameter(torch.zeros(sum(labels.values())))

    def forward(self, value: Tensor, gap: Tensor, choice: Tensor) -> tuple[Tensor, ...]:
        """Noise (B, numbers), (B, numbers), (B, kinds of label) to values, gaps and labels, (B,) of each column.

        A label is drawn by the Gumbel-max trick (Gumbel 1954), its uniform numbers from normal ones.
        """
        values = self.mean + self.log_deviation.exp() * value
        missing = (share_below(gap) < self.gap.sigmoid()).long()
        gumbel = -(-share_below(choice).clamp(1e-6, 1 - 1e-6).log()).log()
        parts = (self.odds + gumbel).split(list(self.labels.values()), 1)
        return (*values.unbind(1), *missing.unbind(1), *(part.argmax(1) for part in parts))


def share_below(noise: Tensor) -> Tensor:
    """How much of the standard normal distribution lies below."""
    return 0.5 * (1 + torch.erf(noise / math.sqrt(2)))


class ToyColumns(Plugin):
    """Maximum likelihood of each column, as if there were no others."""

    name: ClassVar[str] = "toy_columns"
    title: ClassVar[str] = "Toy: independent columns"
    title_zh: ClassVar[str] = "玩具：独立列"
    summary: ClassVar[str] = "Learns every column of a table by itself."
    summary_zh: ClassVar[str] = "分别学习表格的每一列。"
    roles: ClassVar[Mapping[str, Role]] = {"data": Role("dataset_version", modalities=("toy_table",))}
    sampling: ClassVar[Sampling] = "one_shot"
    controls: ClassVar[type[Controls]] = Controls
    state_version: ClassVar[int] = 1
    releases: ClassVar[bool] = True
    averaged: ClassVar[tuple[str, ...]] = ("columns",)
    defaults: ClassVar[Mapping[str, Any]] = {"steps": 200, "average_decay": 0.9}
    tolerance: ClassVar[float] = 1e-5
    toy: ClassVar[Mapping[str, Any]] = {}
    toy_spec: ClassVar[Spec] = Spec(
        "toy_table",
        (
            Field("height", "continuous"),
            Field("colour", "categorical", (), 3, ("", "blue", "red")),
            Field("weight", "continuous"),
        ),
    )

    lr: float = knob(0.05, low=1e-6, high=1.0, title_zh="学习率", help="Learning rate.", help_zh="学习率。")

    def check(self, spec: Spec) -> None:
        """Columns of both kinds."""
        if not spec.of_kind("continuous") or not spec.of_kind("categorical"):
            raise InvalidInput(
                "toy_columns learns tables of numbers and labels.", field="data",
                expected="columns of both kinds", got=[part.kind for part in spec.fields],
            )  # fmt: skip

    def build(self, spec: Spec) -> dict[str, nn.Module]:
        numbers = [part.name for part in spec.of_kind("continuous")]
        return {"columns": Columns(numbers, {part.name: part.size or 0 for part in spec.of_kind("categorical")})}

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]:
        return {"columns": Adam(nets["columns"].parameters(), self.lr)}

    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]:
        net = cast(Columns, nets["columns"])
        values = torch.stack([batch[name] for name in net.numbers], 1)  # (B, numbers)
        missing = values.isnan()
        apart = (values.nan_to_num() - net.mean) / net.log_deviation.exp()
        numbers = (apart.square() / 2 + net.log_deviation).masked_fill(missing, 0).sum(1)
        gaps = binary_cross_entropy_with_logits(net.gap.expand_as(values), missing.float(), reduction="none").sum(1)
        odds = net.odds.split(list(net.labels.values()))
        labels = [
            cross_entropy(part.expand(len(values), -1), batch[name], reduction="none")
            for name, part in zip(net.labels, odds, strict=True)
        ]
        yield Phase(("columns",), {"numbers": numbers, "gaps": gaps, "labels": torch.stack(labels).sum(0)})

    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]:
        """One graph; it makes no NaN, which no comparison could tell from a mistake: a gap is an output of its own."""
        net = cast(Columns, nets["columns"])
        width = len(net.numbers)
        drawn = (("value", width), ("gap", width), ("choice", sum(net.labels.values())))
        made = [Port(name, "field", ()) for name in net.numbers]
        made += [Port(name + MISSING, "field", (), "int64", 2) for name in net.numbers]
        made += [Port(name, "field", (), "int64", size) for name, size in net.labels.items()]
        return {"row": Graph(net, tuple(Port(f"noise/{name}", "noise", (size,)) for name, size in drawn), tuple(made))}

    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        made = call("row", **x)
        gaps = {name.removesuffix(MISSING): made.pop(name) for name in list(made) if name.endswith(MISSING)}
        return made | {name: made[name].masked_fill(gap == 1, math.nan) for name, gap in gaps.items()}
