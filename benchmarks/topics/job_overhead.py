"""What a job costs beside its work, on a platform of its own: web process, workers, Valkey, SQLite.

First a job in which nothing is done, from submission to end in one process. Then, over REST with everything running,
one that verifies a file in which there is nothing to find: how long until it starts on an idle platform, and the CPU
time of the worker's parent (which also judges and brings the log up to date) and of the web process, less what they
use when nothing happens. The engine is a process of its own and not counted.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from benchmarks.timing import Figure, measured
from deploy.demo_client import Client, Job
from deploy.demo_platform import manage, running
from deploy.home import ROOT, Home

LARGEST_CPU_MS, LONGEST_WAIT_MS = 10.0, 60.0
WARM_UPS, IDLE_S, SETTLE_S = 3, 5.0, 0.3
NOTHING = b"There is nothing of ours in this file."
SETTINGS = ("DATABASE_URL", "BROKER_URL", "STORE_URL", "KILNMARK_KEYS", "KILNMARK_SECRET_KEY", "KILNMARK_PORT")
PARTS = {"worker": "io", "web": "web"}  # as they are called here -> as the supervisor calls them


@dataclass(frozen=True)
class Running:
    """A platform, a person who uses it, and the processes to watch."""

    client: Client
    pids: dict[str, int]

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds of each process so far, all its threads, the engine not among them."""
        return {name: time.clock_gettime(cpu_clock(pid)) for name, pid in self.pids.items()}


def measure(pairs: int) -> dict[str, Figure]:
    """As many jobs as `pairs` of either kind, each sent when the one before it is done."""
    with home() as place:
        rows = json.loads(program("benchmarks.no_op_jobs", str(pairs)))
        costs, waits = over_rest(place, pairs)
    worker, web = ([cost[name] for cost in costs] for name in PARTS)
    return {
        "no-op job": measured(rows, unit="ms CPU", at_most=LARGEST_CPU_MS),
        "submit to start": measured(waits, unit="ms", at_most=LONGEST_WAIT_MS),
        "worker's parent": measured(worker, unit="ms CPU a verify job"),
        "web process": measured(web, unit="ms CPU a verify job"),
    }


def over_rest(place: Home, count: int) -> tuple[list[dict[str, float]], list[float]]:
    """Of so many verify jobs: ms of CPU of each process, ms from submission to start."""
    with running(place) as url:
        pids = place.read_up()["pids"]
        up = Running(Client(url, manage(place, "token", "admin")), {name: int(pids[of]) for name, of in PARTS.items()})
        for _ in range(WARM_UPS):
            one_job(up)
        idle = idle_rates(up)
        told = [one_job(up, idle) for _ in range(count)]
        up.client.http.close()
    return [cost for cost, _ in told], [wait for _, wait in told]


@contextmanager
def home() -> Iterator[Home]:
    """A prepared home that programs started meanwhile take for theirs; nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="kilnmark-bench-") as folder, patch.dict(os.environ):
        place = Home(Path(folder) / "home")
        for name in SETTINGS:
            os.environ.pop(name, None)
        os.environ["KILNMARK_HOME"] = str(place.path)
        program("deploy.preparation")
        yield place


def program(module: str, *arguments: str) -> str:
    """What a program of the checkout prints."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def cpu_clock(pid: int) -> int:
    """The clock of another process's CPU time, as clock_getcpuclockid(3) makes it on Linux."""
    return (~pid << 3) | 2


def idle_rates(up: Running) -> dict[str, float]:
    """CPU seconds that each process uses in a second in which nothing is asked of it."""
    before = up.cpu_s()
    time.sleep(IDLE_S)
    return {name: (after - before[name]) / IDLE_S for name, after in up.cpu_s().items()}


def one_job(up: Running, idle: dict[str, float] | None = None) -> tuple[dict[str, float], float]:
    """Send one and see it through: (ms of CPU of each process, ms from submission to start)."""
    began, before = time.monotonic(), up.cpu_s()
    job = verified(up.client)
    time.sleep(SETTLE_S)  # what a process still does after its answer belongs to the job
    after, seconds = up.cpu_s(), time.monotonic() - began
    used = {name: 1000 * (after[name] - before[name] - (idle or {}).get(name, 0.0) * seconds) for name in after}
    told = up.client.get(f"jobs/{job}")
    return used, 1000 * (moment(told, "started_at") - moment(told, "created_at"))


def verified(client: Client) -> str:
    """The id of a verify job that has ended."""
    said = client.upload("verify", "note.txt", NOTHING)
    return str(said["verification"] if "verification" in said else client.finished(said["job"]["id"])["id"])


def moment(job: Job, name: str) -> float:
    """A time of the job's body in Unix seconds."""
    return datetime.fromisoformat(job[name]).timestamp()
