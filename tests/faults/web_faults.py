"""Row 9: the web process dies when a job is in the rows and no wake-up has been sent."""

from __future__ import annotations

import os
import time
import uuid

import httpx

from tests.faults.dying import ARMED
from tests.faults.running import Running, until
from tests.faults.table import Row

RUNS_WITHIN_S = 20.0


def kill_web(up: Running, model: str, *, times: int) -> Row:
    """Each accepted job runs, and whoever asks again with the same key is given that job."""
    ids, died, slowest = [], 0, 0.0
    body = {"kind": "generate", "model_version": model, "count": 1}
    for _ in range(times):
        pid = until(lambda: answers(up), "the web process")
        key, armed = str(uuid.uuid4()), up.home.run / ARMED
        armed.touch()
        try:
            up.client.http.post("jobs", json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError:
            died += 1
        armed.unlink(missing_ok=True)
        began = time.monotonic()
        until(lambda before=pid: up.pids().get("web") != before, "the supervisor to see it")
        job = up.rows.by_key(key)
        assert job, "the job was not committed: the process died too early"
        until(lambda one=job: up.rows.attempts(one), "the job to start", 60)
        slowest = max(slowest, up.rows.waited_s(job))
        ids.append(job)
        if len(ids) == 1:
            until(lambda: answers(up), "the web process")
            again = up.client.post("jobs", body, key=key)["id"]
            assert again.replace("-", "") == job
        assert time.monotonic() - began < 120
    up.ended(ids)
    assert slowest <= RUNS_WITHIN_S, f"a job started after {slowest:.1f} s"
    lost, twice = up.rows.lost(ids), up.rows.duplicates(ids)
    said = "hits: died between commit and wake-up; recovery is the slowest start after the commit"
    return Row("9", "SIGKILL the web process between commit and wake-up", times, died, len(lost), twice, slowest, said)


def answers(up: Running) -> int:
    """The pid of a web process that is ready, else 0."""
    pid = up.pids().get("web", 0)
    try:
        ready = pid and httpx.get(f"{up.url}/readyz", timeout=2).is_success
    except httpx.TransportError:
        return 0
    return pid if ready and os.path.exists(f"/proc/{pid}") else 0
