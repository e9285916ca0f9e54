"""Small trainings for tests: data drawn from a spec, and a reporter that takes notes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from workers.contracts import Fields, Spec
from workers.engine.device import Compute
from workers.engine.group import ALONE, Group
from workers.engine.loop import Training
from workers.engine.parameters import LoopParameters
from workers.engine.sources import Source
from workers.engine.streams import generator

MISSING = 5  # one number of so many is missing, where an item has single numbers


class Notes:
    """A reporter (contracts.Reporter) that keeps what it was told."""

    def __init__(self) -> None:
        self.progressed: list[tuple[int, int, str]] = []
        self.metrics: list[tuple[int, dict[str, float]]] = []
        self.checkpoints: list[tuple[int, str]] = []
        self.samples: list[tuple[int, str]] = []
        self.sample_seeds: list[str] = []
        self.chunks: list[list[dict[str, Any]]] = []
        self.pieces: list[list[dict[str, Any]]] = []
        self.said: dict[str, Any] = {}
        self.lines: list[str] = []

    def progress(self, done: int, total: int, unit: str) -> None:
        self.progressed.append((done, total, unit))

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        self.metrics.append((step, dict(values)))

    def sample(self, step: int, file: str, seed: str = "") -> None:
        self.samples.append((step, file))
        self.sample_seeds.append(seed)

    def checkpoint(self, step: int, folder: str) -> None:
        self.checkpoints.append((step, folder))

    def artifacts(self, items: list[dict[str, Any]]) -> None:
        self.chunks.append(items)

    def partial(self, pieces: list[dict[str, Any]]) -> None:
        self.pieces.append(pieces)

    def facts(self, **facts: Any) -> None:
        self.said |= facts

    def log(self, message: str, level: str = "info") -> None:
        self.lines.append(message)


def parts_of(family: Any) -> dict[str, Spec]:
    """The spec of each data set that a family takes; `toy_spec` is the joined one where there are several."""
    roles = sorted(role for role, needs in family.roles.items() if needs.takes == "dataset_version")
    return {role: family.toy_spec.of_role(role) if len(roles) > 1 else family.toy_spec for role in roles}


def drawn_data(spec: Spec, items: int) -> Fields:
    """Random items of a spec, (items, *shape) for each field."""
    draws, made = generator("0", 0, "toy data"), {}
    longest = max((part.shape[0] for part in spec.of_kind("token")), default=1)
    for part in spec.fields:
        if part.kind == "length":
            made[part.name] = torch.randint(1, longest + 1, (items, *part.shape), generator=draws)
        elif part.size:
            made[part.name] = torch.randint(0, part.size, (items, *part.shape), generator=draws)
        else:
            made[part.name] = torch.rand((items, *part.shape), generator=draws) * 2 - 1
            if not part.shape:  # a number by itself may be missing
                made[part.name][::MISSING] = torch.nan
    return made


def training(
    family: Any, folder: Path, *, seed: str = "1", report: Any = None, wants: Any = lambda: "",
    parent: Fields | None = None, compute: Compute | None = None, group: Group = ALONE, **loop: Any,
) -> Training:  # fmt: skip
    """A training of the family's toy configuration on 30 drawn items, single-threaded, in fp32 unless told."""
    folder.mkdir(parents=True, exist_ok=True)
    said = {"steps": 5, "batch_size": 8, "precision": "fp32", "sample_every": 1000, "checkpoint_every": 1000}
    sources = {role: Source(drawn_data(part, 30), dict) for role, part in parts_of(family).items()}
    parameters = LoopParameters(**{**family.defaults, **said, **loop})
    return Training(
        family=family(**family.toy), loop=parameters, spec=family.toy_spec, sources=sources,
        seed=seed, compute=compute or Compute("cpu", "fp32", 1), folder=folder, report=report or Notes(), wants=wants,
        parent=parent or {}, group=group,
    )  # fmt: skip
