"""One family on one data set: trained within a budget of CPU time, sampled, measured, looked at."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.quality.attempts import attempt, pilot_step_s
from benchmarks.quality.plans import Plan
from workers.engine.dataset_files import DatasetFolder

PILOT_S = 15.0  # CPU time of steps, which tell what one takes
MANY, LEAST_STEPS = 1_000_000, 100
LOOKS = 4  # sample grids of a training
MEASURE_S = 20  # for the paths of each model, as workers take it; it is sampled on the one that was chosen
SEED = "8"
SHOWN = (  # beginnings of the names of figures that are kept; some end in the name of an embedder or a class
    "fid_", "kid_", "precision_lite0_", "recall_lite0_", "coverage_lite0_", "synthetic_accuracy", "synthetic_ratio",
    "near_copies", "class_share_",
)  # fmt: skip
Figures = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Study:
    """What was found: those figures of an evaluation that the page shows, the CPU time of the training (s), and where.

    `day` is ISO 8601, `machine` the facts of it (`benchmarks.machine`).
    """

    family: str
    data: str
    params: Mapping[str, Any]
    steps: int
    train_cpu_s: float
    figures: Figures
    day: str
    machine: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON of all but family and set, under which it is kept."""
        return {name: value for name, value in asdict(self).items() if name not in ("family", "data")}


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
    figures = {key: said for key, said in found.result["metrics"].items() if key.startswith(SHOWN)}
    steps, day = int(trained.result["steps"]), datetime.now(UTC).date().isoformat()
    return Study(plan.family, name, params, steps, round(trained.cpu_s, 1), figures, day, machine.facts())
