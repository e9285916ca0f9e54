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
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    said = ORDER | {"seed": seed, "threads": threads} | dict(order)
    (folder / "order.json").write_text(json.dumps(said), encoding="utf-8")
    (folder / "control.json").write_text('{"want": ""}', encoding="utf-8")
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONPATH": str(ROOT)}
    before, began = os.times(), time.monotonic()
    with (folder / "stdout.txt").open("wb") as out:
        subprocess.run([sys.executable, "-m", "workers.engine", str(folder)], stdout=out, env=environment, check=False)
    after = os.times()
    last = json.loads((folder / "reports.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    if last["type"] != "result":
        raise Failed(f"{folder.name}: {json.dumps(last)[:500]}")
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return Ended(last["result"], cpu_s, time.monotonic() - began)
