"""Row 12: a person cancels what waits, what runs, and what nobody can tell just now."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import httpx

from tests.faults.apart import pictures
from tests.faults.running import WORKERS, Running, until
from tests.faults.table import Row

LONG = 5000  # pictures: longer than any of these tests
GENERATING = WORKERS["generate"]
QUIET_S = 5.0  # nothing may happen to the cancelled for so long


def cancel_queued(up: Running, model: str, *, times: int) -> Row:
    """What waits is cancelled at once and never runs."""
    busy = [begun(up, model)[0] for _ in range(GENERATING)]
    ids, slowest_s = up.submit(pictures(model, 2), times), 0.0
    hits = sum(up.rows.state(job)[0] == "queued" for job in ids)
    for job in ids:
        slowest_s = max(slowest_s, ended_after(up, cancelled(up, job)))
    up.ended([cancelled(up, job) for job in busy])
    wrong = [job for job in ids if up.rows.attempts(job) or up.rows.state(job)[0] != "cancelled"]
    return Row("12a", "cancel while queued", times, hits, len(wrong), ran_on(up, ids), slowest_s, "until it is so")


def cancel_running(up: Running, bodies: list[dict[str, Any]]) -> Row:
    """What runs stops at its next step."""
    ids, slowest_s, hits = [], 0.0, 0
    for body in bodies:
        (job,) = up.submit(body)
        ids.append(job)
        until(lambda job=job: up.rows.effects("generate", job) or moved(up, job), "the job to run")
        hits += up.rows.state(job)[0] == "running"
        slowest_s = max(slowest_s, ended_after(up, cancelled(up, job)))
    wrong = [job for job in ids if up.rows.state(job)[0] != "cancelled"]
    said = "until it has stopped; bar: beat + 5 s (generate 10 s, train 20 s)"
    return Row("12b", "cancel while running", len(ids), hits, len(wrong), ran_on(up, ids), slowest_s, said)


def cancel_without_worker(up: Running, model: str, *, times: int) -> Row:
    """The worker is dead when somebody cancels: the lease lapses, and the job is not taken up again."""
    ids, slowest_s, hits = [], 0.0, 0
    for _ in range(times):
        job, worker = begun(up, model)
        ids.append(job)
        up.kill(worker)
        hits += up.rows.state(job)[0] == "running"
        slowest_s = max(slowest_s, ended_after(up, cancelled(up, job)))
    wrong = [job for job in ids if up.rows.state(job)[0] != "cancelled" or len(up.rows.attempts(job)) != 1]
    said = "until it is so; bar: lease + sweep + 10 s (45 s)"
    return Row("12c", "cancel, worker dead", times, hits, len(wrong), ran_on(up, ids), slowest_s, said)


def cancel_around_restart(up: Running, model: str) -> Row:
    """Everything is killed: what was asked before holds after, and what is asked after holds too."""
    asked, _ = begun(up, model)
    later = [begun(up, model)[0] for _ in range(GENERATING - 1)]  # nobody is left who could take what waits
    (waits,) = up.submit(pictures(model, 2) | {"priority": -50})
    hits = sum(up.rows.state(job)[0] == "running" for job in (asked, *later))
    cancelled(up, waits)
    cancelled(up, asked)
    old = up.pids()
    for pid in old.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: answers(up) and not set(old.values()) & set(up.pids().values()), "the platform to be back")
    slowest_s = max(ended_after(up, job) for job in (*(cancelled(up, one) for one in later), asked))
    ids = [asked, waits, *later]
    wrong = [job for job in ids if up.rows.state(job)[0] != "cancelled"]
    wrong += [waits] if up.rows.attempts(waits) else []
    said = f"{len(old)} processes killed; until all are cancelled, the leases of the dead included"
    return Row(
        "12d", "cancel, then a restart, then cancel", len(ids), hits, len(wrong), ran_on(up, ids), slowest_s, said
    )


def begun(up: Running, model: str) -> tuple[str, str]:
    """A long job that goes before others and runs, and the worker that has it."""
    (job,) = up.submit(pictures(model, LONG) | {"priority": 50})
    found = until(lambda: [one for one in up.rows.claims() if one.job == job.replace("-", "")], "the job to run")
    return job, found[0].worker


def cancelled(up: Running, job: str) -> str:
    """Ask for it."""
    up.client.post(f"jobs/{job}/cancel")
    return job


def ended_after(up: Running, job: str) -> float:
    """How long it takes until the job has ended (s)."""
    return up.ended([job], 60.0)


def moved(up: Running, job: str) -> bool:
    """Whether its work has begun."""
    return bool(up.rows.ask("SELECT done FROM jobs_job WHERE id = ? AND done > 0", job.replace("-", "")))


def answers(up: Running) -> bool:
    """Whether the web process is there."""
    try:
        return up.client.http.get(f"{up.url}/healthz").is_success
    except httpx.HTTPError:
        return False


def ran_on(up: Running, ids: list[str]) -> int:
    """How many of the cancelled did anything afterwards."""

    def life(job: str) -> tuple[Any, ...]:
        return up.rows.state(job), len(up.rows.attempts(job)), up.rows.effects("generate", job)

    before = {job: life(job) for job in ids}
    time.sleep(QUIET_S)
    return sum(life(job) != known for job, known in before.items())
