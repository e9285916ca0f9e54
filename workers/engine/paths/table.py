"""What was measured of the paths of a model: one row each, plain JSON in metrics.json, and which of them is taken."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from workers.engine.paths.candidates import BASELINE, NAMES

GAIN = 1.1  # so much faster than fp32 in ONNX Runtime a path has to be, to be taken in its place
VERSION = 1
NONE_FASTER = "none that passes is at least 1.1 times as fast"


@dataclass(frozen=True)
class Row:
    """One path with so many threads. `ms` is the least time of one call of every graph, by how many items are in it.

    `apart` is the largest difference from torch found, relative where the tolerance is; `same` see quality.py; None:
    not looked at. `alone` says that an item has the same bits whatever is beside it. `why` says what is against it.
    """

    path: str
    threads: int
    ms: Mapping[str, float]
    apart: float | None = None
    tolerance: float | None = None
    same: float | None = None
    same_at_least: float | None = None
    alone: bool | None = None
    passes: bool = False
    why: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, without what was not looked at; a difference that is no finite number stands in `why` alone."""
        said = {name: value for name, value in asdict(self).items() if value is not None and value != ""}
        if "apart" in said and not math.isfinite(said["apart"]):
            del said["apart"]
        return said


def table(rows: Sequence[Row], *, batch: int, threads: int, processor: str, device: str) -> dict[str, Any]:
    """The whole table with the choice among its rows, for generation in batches of `batch`."""
    said = {"version": VERSION, "batch": batch, "threads": threads, "processor": processor, "device": device}
    return said | {"rows": [row.as_dict() for row in rows], "chosen": choose(rows, batch, threads)}


def choose(rows: Sequence[Row], batch: int, threads: int) -> dict[str, Any]:
    """The fastest ONNX path that passes: {path, threads, faster, why}; the baseline unless one is ahead."""
    size = str(batch)
    base = next(row for row in rows if row.path == BASELINE.name and row.threads == threads)
    fitting = [row for row in rows if row.passes and NAMES[row.path].is_onnx and size in row.ms]
    best = min(fitting, key=lambda row: row.ms[size], default=base)
    faster = round(base.ms[size] / best.ms[size], 2) if size in base.ms and best.ms.get(size) else 1.0
    if best is base or faster < GAIN:
        return {"path": base.path, "threads": base.threads, "faster": 1.0, "why": NONE_FASTER}
    return {
        "path": best.path, "threads": best.threads, "faster": faster,
        "why": f"{faster} times as fast as fp32 in ONNX Runtime at batch {batch}",
    }  # fmt: skip


def usable(said: Mapping[str, Any]) -> list[str]:
    """The paths of a table that may be asked for: ONNX, passed, and known here, as one of a later version is not."""
    passed = [row["path"] for row in said.get("rows", ()) if row.get("passes")]
    return list(dict.fromkeys([BASELINE.name, *(name for name in passed if name in NAMES and NAMES[name].is_onnx)]))
