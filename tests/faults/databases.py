"""Row 8: the database is away, or locked by somebody else, while jobs run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx

from deploy.errors import StepFailed
from tests.faults.apart import pictures, training
from tests.faults.running import Running, until
from tests.faults.table import Row
from tests.postgres import Server

LOCK_S = 10.0
APART_S = 12.0  # between two restarts
MOST_S = 90.0
HOLDER = """
import sqlite3, sys, time
line = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
line.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
line.execute("ROLLBACK")
"""


def restart_postgres(up: Running, server: Server, data: str, model: str, *, times: int) -> Row:
    """A training and several generations run; the server is restarted again and again."""
    ids: list[str] = []
    hits, recovery_s = 0, 0.0
    for _ in range(times):
        ids += up.submit(training(data, steps=600)) + up.submit(pictures(model, 300), 2)
        until(lambda: {"train", "generate"} <= {one.worker for one in up.rows.claims()}, "both to run")
        train = next(one.job for one in up.rows.claims("train"))
        hits += len(up.rows.claims())
        server.restart()
        began = time.monotonic()
        ids.append(until(lambda: accepted(up, model), "a job to be accepted again", MOST_S))
        moves(up, train)
        up.ended(ids[-1:], MOST_S)
        recovery_s = max(recovery_s, time.monotonic() - began)
        time.sleep(APART_S)
    up.ended(ids)
    lost = up.rows.lost(ids)
    print("\n".join(lost))
    tries = max(len(up.rows.attempts(job)) for job in ids)
    duplicates = up.rows.duplicates(ids) + up.rows.two_owners()
    said = f"until a new job is accepted, overtakes and ends, and the training moves; most attempts of a job: {tries}"
    return Row("8a", "PostgreSQL is restarted", times, hits, len(lost), duplicates, recovery_s, said)


def accepted(up: Running, model: str) -> str:
    """The id of a job that goes before all others; '' while the platform does not take it."""
    try:
        return str(up.client.post("jobs", pictures(model, 1) | {"priority": 50})["id"])
    except (StepFailed, httpx.HTTPError):
        return ""


def moves(up: Running, job: str) -> None:
    """Wait until a job is further than it is now."""

    def done() -> int:
        return int(up.rows.ask("SELECT done FROM jobs_job WHERE id = ?", job.replace("-", ""))[0][0])

    before = done()
    until(lambda: done() > before or not up.rows.unfinished([job]), "the job to move", MOST_S)


def lock_sqlite(up: Running, data: str, model: str, *, times: int) -> Row:
    """Another process holds the write lock for ten seconds, while jobs run and people submit."""
    ids = up.submit(training(data, steps=1500)) + up.submit(pictures(model, 40), 2 * times)
    hits, slowest_s, faults, recovery_s = 0, 0.0, 0, 0.0
    for _ in range(times):
        until(lambda: "train" in {one.worker for one in up.rows.claims()}, "the training to run")
        hits += len(up.rows.claims())
        with locked(up.rows.database):
            for _ in range(4):
                began = time.monotonic()
                answer = up.client.http.post("jobs", json=pictures(model, 1))
                slowest_s = max(slowest_s, time.monotonic() - began)
                faults += answer.status_code != 202 or "locked" in answer.text
                ids += [answer.json()["id"]] if answer.status_code == 202 else []
        began = time.monotonic()
        moves(up, ids[0])
        recovery_s = max(recovery_s, time.monotonic() - began)
    up.ended(ids)
    lost = up.rows.lost(ids)
    print("\n".join(lost))
    tries = max(len(up.rows.attempts(job)) for job in ids)
    said = f"{4 * times} submissions: {faults} refused, slowest {slowest_s:.1f} s; most attempts of a job: {tries}"
    what = f"SQLite's write lock held {LOCK_S:.0f} s"
    return Row("8b", what, times, hits, len(lost) + faults, up.rows.duplicates(ids), recovery_s, said)


class locked:  # noqa: N801 - reads as a word where it is used
    """The write lock of a database in another process's hands; leaving waits until it has let go."""

    def __init__(self, database: Path) -> None:
        command = [sys.executable, "-c", HOLDER, str(database), str(LOCK_S)]
        self.holder = subprocess.Popen(command, stdout=subprocess.PIPE)

    def __enter__(self) -> None:
        assert self.holder.stdout is not None
        assert self.holder.stdout.readline() == b"locked\n"

    def __exit__(self, *_: object) -> None:
        self.holder.communicate(timeout=60)
