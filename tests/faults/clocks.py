"""Row 14: workers whose clocks are an hour fast and an hour slow, beside one whose clock is right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy import broker, processes
from deploy.home import ROOT
from tests.faults.apart import pictures
from tests.faults.running import Running, until
from tests.faults.table import Row

SOURCE = Path(__file__).with_name("shifted_clock.c")
SHIFTS = {"fast": 3600, "slow": -3600}
LONG = 60.0  # s that a job must outlast: twice the lease


def compiler() -> str | None:
    """A C compiler, if there is one."""
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def shifted(folder: Path, shift_s: int) -> dict[str, str]:
    """What in its environment makes a process's wall clock wrong."""
    library = folder / "shifted_clock.so"
    if not library.exists():
        command = [compiler() or "cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
    return {"LD_PRELOAD": str(library), "KILNMARK_TEST_SHIFT_S": str(shift_s)}


def told(environment: Mapping[str, str]) -> float:
    """How wrong the wall clock of Python is in this environment (s)."""
    said = "import datetime as d; print(d.datetime.now(d.timezone.utc).timestamp())"
    out = subprocess.run([sys.executable, "-c", said], env=os.environ | environment, capture_output=True, check=True)
    return float(out.stdout) - time.time()


@contextmanager
def wrong_workers(up: Running, settings: Mapping[str, str], folder: Path) -> Iterator[None]:
    """A worker of the generate queue for each shift."""
    seen = processes.environment(os.environ | settings, up.home.path, 0) | {"BROKER_URL": broker.url(up.home.path)}
    seen = {name: value for name, value in seen.items() if name not in ("STORE_URL", "KILNMARK_KEYS")}
    running = []
    for name, shift_s in SHIFTS.items():
        one = processes.worker(sys.executable, name, f"generate.{processes.device(os.environ)}", 25)
        with (up.home.logs / f"{name}.log").open("ab") as out:
            running.append(
                subprocess.Popen(one.command, cwd=ROOT, env=seen | shifted(folder, shift_s), stdout=out, stderr=out)
            )
    try:
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


def work_with_wrong_clocks(up: Running, model: str, *, jobs: int) -> Row:
    """Each worker holds a job for longer than a lease; then many short ones go to whoever is free."""
    until(lambda: {"fast", "slow"} <= listening(up), "the workers")
    long = up.submit(pictures(model, 40_000), 3)  # more than can be made meanwhile
    until(lambda: holders(up) >= {"fast", "slow", "generate"}, "each worker to hold a job")
    hits = len(up.rows.claims())
    time.sleep(LONG)
    outlasted = sum(state == "running" for state, _ in map(up.rows.state, long))
    for job in up.rows.unfinished(long):
        up.client.post(f"jobs/{job}/cancel")
    stop_s = up.ended(long, 60)
    ids = up.submit(pictures(model, 3), jobs)
    up.ended(ids)
    expired = [try_ for job in [*long, *ids] for try_ in up.rows.attempts(job) if try_[2] == "lost"]
    lost = up.rows.lost(ids) + [f"{job} ended early" for job in long[outlasted:]]
    print("\n".join([*lost, *map(str, expired)]))
    by = {try_[1].partition("@")[0] for job in [*long, *ids] for try_ in up.rows.attempts(job)}
    said = f"{len(expired)} expired early; {outlasted} jobs held for {LONG:.0f} s; worked: {', '.join(sorted(by))}"
    duplicates = up.rows.duplicates(ids) + up.rows.two_owners()
    return Row("14", "worker clocks off by an hour", 2, hits, len(lost) + len(expired), duplicates, stop_s, said)


def listening(up: Running) -> set[str]:
    """The workers that have said that they are there."""
    return {str(worker).partition("@")[0] for (worker,) in up.rows.ask("SELECT worker FROM jobs_listener")}


def holders(up: Running) -> set[str]:
    """Who holds a claim now."""
    return {one.worker for one in up.rows.claims()}
