"""Rows 1, 2 and 11: processes that do the work are killed while they do it."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.running import Running, alive, until
from tests.faults.table import Row

EVERY_S = 1.0
PICTURES = 40  # of a job, so that a claim lasts long enough to be hit
LEASE_SWEEP_AND_MORE_S = 30 + 5 + 10
PRODUCTION = "lease 30 s, beat 5 s, sweep 5 s, poison after 3 attempts that died or 10 that were lost"
TRAINING = {"batch_size": 16, "width": 4, "latent_dim": 8, "sample_every": 100_000}
INTERVAL = 100  # steps between two checkpoints


class Storm:
    """Row 1: each second a worker that holds a claim is stopped, looked at and killed, until enough were hit.

    A claim is hit once: one that is left by the dead, in whose place a worker of that name starts, is none of its own.
    """

    def __init__(self, up: Running, model: str, *, hits: int, jobs: int, spared: str = "") -> None:
        self.up, self.jobs, self.spared = up, jobs, spared
        self.hits, self.hit, self.killed = 0, set[tuple[str, int]](), list[int]()
        body = {"kind": "generate", "model_version": model, "count": PICTURES}
        began, here = time.monotonic(), up.workers().keys()
        with ThreadPoolExecutor(1) as beside:
            coming = beside.submit(up.submit, body, jobs)  # they come while the storm blows
            self._blow(hits, lambda: not coming.done() or bool(up.rows.unfinished(coming.result())))
            self.ids = coming.result()
        self.ended = time.monotonic()
        self.left, self.blew_s = len(up.rows.unfinished(self.ids)), self.ended - began
        self.dead = self._claims()
        until(lambda: here <= (now := up.workers()).keys() and not {*self.killed} & {*now.values()}, "the next workers")

    def _blow(self, hits: int, goes_on: Callable[[], bool]) -> None:
        chance, up = random.Random(1), self.up
        while self.hits < hits and goes_on():
            time.sleep(EVERY_S)
            here = {name: pid for name, pid in up.workers().items() if name != self.spared}
            fresh = {one.worker for one in up.rows.claims() if (one.job, one.token) not in self.hit}
            if holders := sorted(fresh & here.keys()):
                name = chance.choice(holders)
                os.kill(here[name], signal.SIGSTOP)
                held = {(one.job, one.token) for one in up.rows.claims(name)} - self.hit
                self.hits, self.hit = self.hits + bool(held), self.hit | held
                os.kill(here[name], signal.SIGKILL)
                self.killed.append(here[name])

    def settled(self) -> Row:
        """Wait until the leases of the dead have lapsed and all has run, and see what became of it."""
        up = self.up
        returned_s, limits = self._returned_s(), up.limits()
        up.ended(self.ids)
        recovery_s = time.monotonic() - self.ended
        lost = up.rows.lost(self.ids)
        print(*lost, sep="\n")
        most = max(len(up.rows.attempts(job)) for job in self.ids)
        said = f"{self.jobs} jobs, {self.left} of them left after a storm of {self.blew_s:.0f} s, each tried {most} "
        said += f"times at most; no claim of the dead was left after {returned_s:.0f} s, then those that were left ran"
        assert limits == PRODUCTION
        assert returned_s <= LEASE_SWEEP_AND_MORE_S
        duplicates = up.rows.duplicates(self.ids) + up.rows.two_owners()
        what = "SIGKILL a worker each second"
        return Row("1", what, len(self.killed), self.hits, len(lost), duplicates, recovery_s, f"{said}; {limits}")

    def _returned_s(self) -> float:
        """From the end of the storm until nothing is claimed any more by a worker that was killed."""
        while self.dead & self._claims() and time.monotonic() < self.ended + 120:
            time.sleep(0.2)
        return time.monotonic() - self.ended

    def _claims(self) -> set[tuple[str, int]]:
        mine = {job.replace("-", "") for job in self.ids}
        return {(one.job, one.token) for one in self.up.rows.claims() if one.job in mine}


def train(up: Running, data: str, steps: int, seed: int, name: str) -> str:
    """Submit a training that is long enough to be hit; its id."""
    params: dict[str, Any] = TRAINING | {"steps": steps, "checkpoint_every": INTERVAL}
    body = {"kind": "train", "dataset_version": data, "family": "dcgan", "params": params, "name": name}
    return str(up.client.post("jobs", body | {"seed": str(seed)})["id"])


def kill_training(up: Running, data: str, *, number: str, kills: int, steps: int, compare: bool) -> Row:
    """Rows 2 and 11: the engine of a training is killed at random steps; it goes on, and comes to the same weights."""
    chance, worker, seed = random.Random(number), up.pids()["train"], 7 + int(number)
    job = train(up, data, steps, seed, f"killed {number}")
    hit, slowest, furthest = 0, 0.0, 0
    for token in range(1, kills + 1):
        due = chance.randint(1, 3 * INTERVAL)
        if not (at := until(lambda due=due, token=token: reached(up, job, token, due), f"attempt {token} to learn")):
            break
        if at == "ended":
            break
        engine = next(pid for pid, above in up.engines().items() if above == worker)
        os.kill(engine, signal.SIGSTOP)
        done = up.rows.progress(job)
        os.kill(engine, signal.SIGKILL)
        began, hit = time.monotonic(), hit + 1
        until(lambda token=token: len(up.rows.attempts(job)) > token, "the next attempt")
        slowest = max(slowest, time.monotonic() - began)
        furthest = max(furthest, done - until(lambda n=hit: up.rows.resumed(job, n), "it to go on"))
    up.ended([job])
    lost, named = up.rows.lost([job]), sum("signal SIGKILL" in said[3] for said in up.rows.attempts(job))
    assert up.pids()["train"] == worker, "the worker must outlive its engines"
    assert named == hit, "each attempt names the signal"
    assert furthest <= INTERVAL, "at most one interval between checkpoints may be lost"
    said = f"each attempt names the signal, same worker; at most {furthest} steps done again of {INTERVAL} allowed"
    if compare:
        calm = train(up, data, steps, seed, f"calm {number}")
        up.ended([calm])
        same = up.rows.weights(job) == up.rows.weights(calm)
        assert same, "the weights of the training that was killed differ"
        said += "; weights equal those of a training that was left alone, bit for bit"
    return Row(
        number, "SIGKILL the engine of a training", hit, hit, len(lost), up.rows.duplicates([job]), slowest, said
    )


def stop_training(up: Running, data: str) -> Row:
    """SIGTERM to a worker amid a training: it saves, gives the job back and leaves; the next one goes on there."""
    job, worker = train(up, data, 3000, 3, "handed back"), up.pids()["train"]
    until(lambda: up.rows.progress(job) > INTERVAL, "it to learn")
    (engine,) = (pid for pid, above in up.engines().items() if above == worker)
    hits = len(up.rows.claims("train"))
    os.kill(worker, signal.SIGTERM)
    began = time.monotonic()
    until(lambda: not alive(worker), "the worker to leave")
    left_s = time.monotonic() - began
    assert not alive(engine)
    step = until(lambda: up.rows.resumed(job, 1), "the next attempt")
    recovery_s = time.monotonic() - began
    up.ended([job])
    outcomes = [said[2] for said in up.rows.attempts(job)]
    assert outcomes == ["released", "succeeded"], outcomes
    said = f"it left after {left_s:.1f} s with its engine; the next one went on at step {step}"
    lost, twice = up.rows.lost([job]), up.rows.duplicates([job])
    return Row("16", "SIGTERM to a worker that trains", 1, hits, len(lost), twice, recovery_s, said)


def reached(up: Running, job: str, token: int, due: int) -> str:
    """ "now" when the attempt of this token has saved a state and is `due` steps beyond where it began, or "ended"."""
    if not up.rows.unfinished([job]):
        return "ended"
    first = up.rows.resumed(job, token - 1) if token > 1 else 0
    saved = json.loads(up.rows.ask("SELECT checkpoint FROM jobs_job WHERE id = ?", job.replace("-", ""))[0][0])
    beyond = up.rows.progress(job) >= (first or 0) + due and saved.get("step", 0) > (first or 0)
    return "now" if (token == 1 or first) and beyond else ""
