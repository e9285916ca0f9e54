"""Rows 3, 4 and 5: the broker dies, forgets, or does not answer. It only carries wake-ups, so nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import httpx
import redis

from deploy import broker
from tests.faults.running import Running, until
from tests.faults.table import Row

PICTURES = 40
GENERATE = "generate.cpu"
STARTS_WITHIN_S, SENT_AGAIN_WITHIN_S = 5.0, 20.0
ANSWERS_WITHIN_S = 1.0  # of 99 in 100 requests


def line(up: Running) -> redis.Redis:
    """To the broker, for whoever wants to harm it."""
    return redis.Redis(unix_socket_path=str(broker.socket_path(up.home.path)), socket_timeout=5)


@contextmanager
def unattended(up: Running) -> Iterator[None]:
    """The supervisor is held, so that what died stays dead."""
    up.supervisor.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        up.supervisor.send_signal(signal.SIGCONT)


def kill_broker(up: Running, model: str, *, times: int) -> Row:
    """Row 3: the broker dies with all it knew while jobs run; workers stay, and the next job starts at once."""
    body = {"kind": "generate", "model_version": model, "count": PICTURES, "priority": 50}
    workers, ids, hits, slowest = up.workers(), [], 0, 0.0
    for _ in range(times):
        mine = up.submit(body, 4)
        ids += mine
        until(lambda mine=mine: running(up, mine), "a claim")
        with unattended(up):
            hits += running(up, mine)
            up.kill("valkey")
            shutil.rmtree(up.home.path / "valkey")
            (up.home.path / "valkey").mkdir(mode=0o700)
        until(lambda: broker.answers(broker.socket_path(up.home.path)), "the broker")
        up.ended(ids)
        ids += up.submit(body)
        began = time.monotonic()
        until(lambda job=ids[-1]: up.rows.state(job)[0] != "queued", "the next job to start")
        slowest = max(slowest, time.monotonic() - began)
    before = woken(up)
    end = time.monotonic() + 60
    while woken(up) == before and time.monotonic() < end:
        ids += up.submit(body)
        up.ended(ids)
    assert woken(up) > before, "no wake-up arrives any more"
    up.ended(ids)
    lost = up.rows.lost(ids)
    assert up.workers() == workers, "no worker may exit because its broker does"
    assert slowest <= STARTS_WITHIN_S
    said = "no worker exited, and wake-ups arrive again; recovery: slowest start of the next job"
    return Row("3", "SIGKILL Valkey, nothing persisted", times, hits, len(lost), up.rows.duplicates(ids), slowest, said)


def running(up: Running, ids: Collection[str]) -> bool:
    """Whether one of these jobs is claimed now."""
    return bool({one.job for one in up.rows.claims()} & {job.replace("-", "") for job in ids})


def woken(up: Running) -> int:
    """How many wake-ups the workers of the queue were given so far, by what they log."""
    logs = up.home.logs.glob("generate*.log")
    return sum(log.read_text(errors="replace").count("Task workers.work[") for log in logs)


def flush(up: Running, model: str, training: str, *, jobs: int) -> Row:
    """Row 4: FLUSHALL with many jobs queued (their workers are held meanwhile); others send the wake-up again."""
    held = [up.freeze(name) for name in up.workers() if name.startswith("generate")]
    try:
        ids = up.submit({"kind": "generate", "model_version": model, "count": 1}, jobs)
        hits = len(up.rows.claims())
        with line(up) as to:
            to.flushall()
            began = time.monotonic()
            until(lambda: to.llen(GENERATE), "a wake-up", 60)
        again_s = time.monotonic() - began
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)
    up.ended(ids)
    assert again_s <= SENT_AGAIN_WITHIN_S
    lost = up.rows.lost(ids)
    said = f"{jobs} jobs queued, one training running; recovery is until the queue was woken again"
    assert up.rows.state(training)[0] in ("running", "succeeded")
    return Row("4", "FLUSHALL", 1, hits, len(lost), up.rows.duplicates(ids), again_s, said)


def without_broker(up: Running, model: str, *, frozen: bool, seconds: float) -> Row:
    """Row 5: no answer from the broker for a while; requests are answered as ever, jobs go on by the workers' looks."""
    ids: list[str] = up.submit({"kind": "generate", "model_version": model, "count": PICTURES}, 4)
    until(up.rows.claims, "a claim")
    hits = len(up.rows.claims())
    with unattended(up):
        pid = up.pids()["valkey"]
        os.kill(pid, signal.SIGSTOP if frozen else signal.SIGKILL)
        end, took_s, statuses = time.monotonic() + seconds, [], []
        while time.monotonic() < end:
            began = time.monotonic()
            answer = post(up, model)
            took_s.append(time.monotonic() - began)
            statuses.append(answer.status_code)
            ids.append(answer.json()["id"])
            time.sleep(0.25)
        done = len(ids) - len(up.rows.unfinished(ids))
        if frozen:
            os.kill(pid, signal.SIGCONT)
    recovery_s = up.ended(ids)
    p99_s = sorted(took_s)[int(0.99 * (len(took_s) - 1))]
    assert set(statuses) == {202}
    assert p99_s < ANSWERS_WITHIN_S, f"p99 is {p99_s:.2f} s"
    how = "frozen by SIGSTOP" if frozen else "down"
    said = f"{len(took_s)} requests answered 202, p99 {p99_s * 1000:.0f} ms; {done} of {len(ids)} jobs done meanwhile"
    lost, twice = up.rows.lost(ids), up.rows.duplicates(ids)
    return Row(
        "5b" if frozen else "5a", f"Valkey {how} for {seconds:.0f} s", 1, hits, len(lost), twice, recovery_s, said
    )


def absent(up: Running) -> Row:
    """Row 5: no broker from the start on; a submission is accepted, and an idle worker finds it by itself."""
    declaration = {"source": "scikit-learn's digits", "licence": "CC BY 4.0", "legal_basis": "published research data"}
    dataset = up.client.post("datasets", {"name": "digits", "modality": "image", "declaration": declaration})
    path, body = f"datasets/{dataset['id']}/versions", {"builtin": "digits", "options": {"size": 16}}
    began, ids = time.monotonic(), []
    for _ in range(5):
        answer = up.client.http.post(path, json=body)
        assert answer.status_code == 202
        ids.append(answer.json()["job"]["id"])
    up.ended(ids)
    lost, twice = up.rows.lost(ids), up.rows.duplicates(ids)
    said = "each submission answered 202; recovery is until five data sets were read in"
    return Row("5c", "no Valkey from the start on", 1, 0, len(lost), twice, time.monotonic() - began, said)


def post(up: Running, model: str) -> httpx.Response:
    """One small job, whatever the answer."""
    return up.client.http.post("jobs", json={"kind": "generate", "model_version": model, "count": 1})
