"""One family on one data set: trained within a budget of CPU time, sampled, measured, looked at."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.quality.attempts import attempt, pilot_step_s
from benchmarks.quality.plans import Plan
from workers.engine.dataset_files import DatasetFolder

PILOT_S = 15.0  # CPU time of steps, which tell what one takes
MANY, LEAST_STEPS = 1_000_000, 100
LOOKS = 4  # sample grids of a training
MEASURE_S = 20  # for the paths of each model, as workers take it; it is sampled on the one that was chosen
SEED = "8"
Figures = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Study:
    """What was found: figures as `evaluate` reports them, and what training, sampling and measuring took (CPU s)."""

    family: str
    data: str
    params: Mapping[str, Any]
    steps: int
    train_cpu_s: float
    train_wall_s: float
    measure_cpu_s: float
    figures: Figures = field(default_factory=dict)
    classes: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON; `Study(**said)` is its inverse."""
        return asdict(self)


def studied(
    name: str, data: DatasetFolder, plan: Plan, folder: Path, *, cpu_s: float, count: int, threads: int
) -> Study:
    """Train `plan` for about `cpu_s` of CPU time, then measure `count` samples against the holdout.

    The grid that a training leaves of its last step is kept as `folder/<family>.png`.
    """
    inputs = {"data": {"path": str(data.path), "sha256": data.sha256}}
    order = {"kind": "train", "family": plan.family, "inputs": inputs}
    params = plan.params
    if plan.budgeted:
        asked = order | {"params": params | {"steps": MANY, "sample_every": MANY, "checkpoint_every": MANY}}
        step_s = pilot_step_s(folder / "pilot", asked, seed=SEED, threads=threads, seconds=PILOT_S)
        params["steps"] = max(LEAST_STEPS, round(cpu_s / step_s))
        params |= {"sample_every": max(1, params["steps"] // LOOKS), "checkpoint_every": MANY}
    published = order | {"params": params, "measure_s": MEASURE_S}
    trained = attempt(folder / plan.family, published, seed=SEED, threads=threads)
    grids = sorted((folder / plan.family / "samples").glob("*.png"))
    if grids:
        shutil.copy(grids[-1], folder / f"{plan.family}.png")
    measure = {
        "kind": "evaluate",
        "inputs": inputs | {"model": {"path": str(folder / plan.family / "bundle")}},
        "params": {"count": count, "metrics": []},
    }
    found = attempt(folder / f"{plan.family}-figures", measure, seed=SEED, threads=threads)
    return Study(
        plan.family, name, params, int(trained.result["steps"]), round(trained.cpu_s, 1), round(trained.wall_s, 1),
        round(found.cpu_s, 1), found.result["metrics"], len(data.spec.classes),
    )  # fmt: skip
