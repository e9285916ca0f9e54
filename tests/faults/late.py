"""Rows 6 and 7: a worker that comes back after its lease lapsed, and sweepers that race and die."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from deploy.home import ROOT
from tests.faults.running import Running, outer, until
from tests.faults.table import Row

PICTURES = 600
REFUSED = re.compile("no longer owns job|The job went to another attempt")
LEASE_S = 30
STARTS_S = 3.0  # before the lease lapses the sweepers begin to look


def freeze_holder(up: Running, job: str) -> str:
    """SIGSTOP the worker that holds the job; its name."""
    until(lambda: up.rows.progress(job), "the first pictures")
    name = next(one.worker for one in up.rows.claims() if one.job == job.replace("-", ""))
    up.freeze(name)
    return name


class LateWorker:
    """Row 6: one worker is stopped amid a job until another has finished it, then goes on."""

    def __init__(self, up: Running, model: str) -> None:
        self.up = up
        self.job = up.submit({"kind": "generate", "model_version": model, "count": PICTURES})[0]
        self.name = freeze_holder(up, self.job)
        self.log = up.home.logs / f"{self.name}.log"
        self.refused = self.refusals()
        self.hit, self.began = len(up.rows.claims(self.name)), time.monotonic()

    def refusals(self) -> int:
        """How often the worker said that it came too late."""
        return len(REFUSED.findall(self.log.read_text(errors="replace")))

    def wake_up(self) -> None:
        """Let it go on."""
        if pid := self.up.pids().get(self.name):
            os.kill(pid, signal.SIGCONT)

    def thaw(self) -> Row:
        """Wait until the job was done elsewhere, let the worker go on, and see what it did."""
        up = self.up
        until(lambda: not up.rows.unfinished([self.job]), "another worker to finish", 240)
        recovery_s = time.monotonic() - self.began
        self.wake_up()
        until(lambda: self.refusals() > self.refused, "the late result")
        outcomes = [said[2] for said in up.rows.attempts(self.job)]
        assert (outcomes[0], outcomes[-1]) == ("lost", "succeeded"), outcomes  # another row may hit it in between
        assert outcomes.count("succeeded") == 1
        lost, twice = up.rows.lost([self.job]), up.rows.duplicates([self.job]) + up.rows.two_owners()
        said = "the late result was refused by name; recovery is from the stop to the end elsewhere, lease and all"
        return Row("6", "SIGSTOP beyond the lease, then SIGCONT", 1, self.hit, len(lost), twice, recovery_s, said)


class Sweepers:
    """Row 7: claims of a process that was killed, and two sweepers that look all the time and are killed themselves."""

    def __init__(self, up: Running, *, jobs: int) -> None:
        self.up, self.jobs, self.began = up, jobs, time.monotonic()
        self.ids = self._run("abandon", str(jobs)).communicate()[0].split()
        assert len(self.ids) == jobs

    @classmethod
    @contextmanager
    def racing(cls, up: Running, *, jobs: int, kills: int, rounds: int = 1) -> Iterator[Future[Row]]:
        """The race in a thread: it waits for leases most of the time, and other rows go on meanwhile."""
        abandoned = cls(up, jobs=jobs)
        with ThreadPoolExecutor(1) as beside:
            yield beside.submit(abandoned.race, kills=kills, rounds=rounds)

    def _run(self, *what: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.faults.sweeper", *what]
        environment = outer(self.up.home) | self.up.settings
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def race(self, *, kills: int, rounds: int = 1) -> Row:
        """Each time the claims lapse they are taken back once each, however many sweepers look and die."""
        chance, killed = random.Random(7), 0
        pair: list[subprocess.Popen[str]] = []
        for turn in range(1, rounds + 1):
            if turn > 1:
                self._run("claim", str(self.jobs)).communicate()
                self.began = time.monotonic()
            time.sleep(max(0.0, LEASE_S - STARTS_S - (time.monotonic() - self.began)))
            pair = pair or [self._run("sweep", "first"), self._run("sweep", "second")]
            while (back := self.taken_back(turn)) < self.jobs:
                assert time.monotonic() - self.began < 4 * LEASE_S, f"{back} of {self.jobs} were taken back"
                time.sleep(chance.uniform(0.1, 1.0))
                if killed < kills * turn / rounds:
                    place = chance.randrange(2)
                    pair[place].kill()
                    pair[place].communicate()
                    pair[place], killed = self._run("sweep", f"next {killed}"), killed + 1
            recovery_s = time.monotonic() - self.began - LEASE_S
        for one in pair:
            one.kill()
            one.communicate()
        twice = self.up.rows.two_owners() + sum(self.up.rows.queued_again(job) - rounds for job in self.ids)
        lost = sum(len(self.up.rows.attempts(job)) != rounds for job in self.ids)
        self._run("cancel", *self.ids).communicate()
        said = f"{self.jobs} abandoned claims, {rounds} time(s); recovery is after the lease"
        return Row("7", "two sweepers, killed", killed, self.jobs * rounds, lost, twice, recovery_s, said)

    def taken_back(self, turn: int) -> int:
        """How many claims of this turn were taken back."""
        return sum(self.up.rows.queued_again(job) >= turn for job in self.ids)
