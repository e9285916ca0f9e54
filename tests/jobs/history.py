"""A past for forecasts to be made from, and a platform that works through jobs by a clock of its own."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Project, User
from catalog.models import DatasetVersion
from jobs import presence
from jobs.claim import Claim, claim_next, finish
from jobs.models import Job, State
from jobs.request import Request
from jobs.submission import submit

QUEUE = "train.cpu"
WORKERS = ("w1", "w2", "w3")


def ran(project: Project, owner: User, ended: datetime, seconds: float, **facts: Any) -> Job:
    """A training that succeeded."""
    said = {"kind": "train", "family": "dcgan", "queue": QUEUE, "seed": "1", "state": State.SUCCEEDED}
    said |= {"started_at": ended - timedelta(seconds=seconds), "finished_at": ended, "attempts_made": 1}
    return Job.objects.create(project=project, submitted_by=owner, created_at=ended, **(said | facts))


class Night:
    """Jobs arrive and workers take them through the production claim; only time and what a job takes are invented."""

    def __init__(self, hands: Any, takes: Callable[[Job], float]) -> None:
        self.hands, self.takes = hands, takes
        self.busy: list[tuple[datetime, int, Claim]] = []
        self.idle = list(WORKERS)
        self.count = 0

    def until(self, moment: datetime) -> None:
        """Let workers work until then."""
        self._start()
        while self.busy and self.busy[0][0] <= moment:
            at, _, claim = heapq.heappop(self.busy)
            self.hands.at = at
            finish(claim, State.SUCCEEDED)
            self.idle.append(claim.worker)
            self._start()
        self.hands.at = max(self.hands.at, moment)
        self._beat()

    def _beat(self) -> None:
        for worker in WORKERS:
            presence.here(worker, [QUEUE])

    def _start(self) -> None:
        self._beat()
        while self.idle and (claim := claim_next(QUEUE, self.idle[0])):
            self.idle.pop(0)
            self.count += 1
            seconds = self.takes(Job.objects.get(pk=claim.job_id))
            heapq.heappush(self.busy, (self.hands.at + timedelta(seconds=seconds), self.count, claim))

    def drain(self) -> None:
        """Until nothing is left."""
        self._start()
        while self.busy:
            self.until(self.busy[0][0])


def train(project: Project, owner: User, data: DatasetVersion, steps: int) -> Job:
    """Submit a training as the form does once it is checked."""
    params = {"steps": steps, "batch_size": 32}
    request = Request(
        kind="train", project=project, queue="train", inputs={"data": data}, params=params, family="dcgan"
    )
    return submit(request, actor=owner)[0]


def lasting(noise: random.Random, sigma: float) -> Callable[[Job], float]:
    """Seconds in proportion to the steps, times log-normal noise."""
    return lambda job: 0.5 * job.params["steps"] * noise.lognormvariate(0.0, sigma)
