"""The engine as a program of its own, as a worker would start it: one order, one folder, its result and its price."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.home import ROOT
from workers.tasks.child import TENSORS
from workers.tasks.child_use import cpu_seconds

PATIENCE_S, LOOK_S = 300.0, 0.5  # of a pilot
ORDER = {"version": 1, "job": "quality", "attempt": 1, "device": "cpu"}


class Failed(Exception):
    """An attempt that ended with something else than a result."""


@dataclass(frozen=True)
class Ended:
    """What came of an attempt, and what it took: CPU time of all its threads, and time on the clock (s)."""

    result: Mapping[str, Any]
    cpu_s: float
    wall_s: float


def attempt(folder: Path, order: Mapping[str, Any], *, seed: str, threads: int) -> Ended:
    """Run this order in `folder`, made anew. Raises Failed with the last report where there is no result."""
    before, began = os.times(), time.monotonic()
    with started(folder, order, seed, threads) as engine:
        engine.wait()
    after, last = os.times(), reports(folder)[-1]
    if last["type"] != "result":
        raise Failed(f"{folder.name}: {json.dumps(last)[:500]}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Ended(last["result"], cpu_s, time.monotonic() - began)


def pilot_step_s(folder: Path, order: Mapping[str, Any], *, seed: str, threads: int, seconds: float) -> float:
    """How much CPU time a step of this training takes (s), by its first `seconds` of it; then it is stopped.

    It is asked for as many steps as the whole training would be, since the engine chooses its pace by that.
    """
    with started(folder, order, seed, threads) as engine:
        seen, until = dict[int, float](), time.monotonic() + PATIENCE_S  # CPU time so far (s) by steps done
        while engine.poll() is None and time.monotonic() < until:
            done = max((one["done"] for one in reports(folder) if one["type"] == "progress"), default=0)
            if done and done not in seen:
                seen[done] = cpu_seconds(engine.pid) or 0.0
            if len(seen) > 1 and max(seen.values()) - min(seen.values()) >= seconds:
                break
            time.sleep(LOOK_S)
        (folder / "control.json").write_text('{"want": "cancel"}', encoding="utf-8")
        engine.wait()
    if len(seen) < 2:
        raise Failed(f"{folder.name}: no progress; {json.dumps(reports(folder)[-1])[:500]}")
    first, last = min(seen), max(seen)
    return (seen[last] - seen[first]) / (last - first)


def started(folder: Path, order: Mapping[str, Any], seed: str, threads: int) -> subprocess.Popen[bytes]:
    """The engine at work on this order in `folder`, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    said = ORDER | {"seed": seed, "threads": threads} | dict(order)
    (folder / "order.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "control.json").write_text('{"want": ""}', encoding="utf-8")
    environment = os.environ | TENSORS | {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
    with (folder / "stdout.txt").open("wb") as out:
        return subprocess.Popen([sys.executable, "-m", "workers.engine", str(folder)], stdout=out, env=environment)


def reports(folder: Path) -> list[dict[str, Any]]:
    """What the engine has said so far, whole lines alone."""
    file = folder / "reports.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]
