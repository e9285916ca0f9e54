"""Many jobs of many projects through the production claim on a real database, with a clock that jumps to what is next.

`python -m benchmarks.backlog JOBS PROJECTS` prints JSON; KILNMARK_HOME names a prepared home. Weights, lengths and the
order of submission come from a seed: what is found does not depend on the machine.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import UUID

from deploy.home import ROOT

if TYPE_CHECKING:
    from accounts.models import User
    from jobs.claim import Claim

QUEUE, WORKERS = "train.cpu", 8
MEDIAN_S, SPREAD = 600.0, 0.8  # of a job's length: log-normal
WEIGHTS = (1.0, 5.0)
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Clock:
    """Stands still until it is moved."""

    at: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Told:
    """What happened while every project still had jobs waiting: seconds are the clock's."""

    weights: dict[UUID, float]
    used_s: dict[UUID, float] = field(default_factory=dict)
    starts: dict[UUID, list[datetime]] = field(default_factory=dict)
    began: int = 0
    longest_s: float = 0.0

    def share_error(self) -> float:
        """The largest relative distance of a project's part of the device seconds from its part of the weights."""
        used, weight = sum(self.used_s.values()), sum(self.weights.values())
        return max(abs(self.used_s[one] / used / (part / weight) - 1) for one, part in self.weights.items())

    def longest_wait(self) -> float:
        """The longest time between two starts of one project, in its slow turns.

        A slow turn is how long it takes, at an even pace, until every project has used as much for its weight as a
        project does by the longest job of all.
        """
        weight, found = sum(self.weights.values()), []
        for one, part in self.weights.items():
            turn_s = self.longest_s * weight / part / WORKERS
            moments = [BEGIN, *self.starts[one]]
            found += [(late - early).total_seconds() / turn_s for early, late in pairwise(moments)]
        return max(found)


def submitted(count: int, projects: int, actor: User, draw: random.Random) -> tuple[dict[UUID, float], dict[UUID, int]]:
    """Projects with random weights, and as many queued jobs of each, in random order: weights, and jobs waiting."""
    from accounts.models import Project
    from jobs.models import Job

    made = [Project.objects.create(slug=f"p{n}", weight=draw.uniform(*WEIGHTS)) for n in range(projects)]
    owners = [one for one in made for _ in range(count // projects)]
    draw.shuffle(owners)
    facts: dict[str, Any] = {"kind": "train", "queue": QUEUE, "seed": "1", "submitted_by": actor, "created_at": BEGIN}
    Job.objects.bulk_create((Job(project=one, **facts) for one in owners), batch_size=1000)
    return {one.pk: one.weight for one in made}, {one.pk: count // projects for one in made}


def simulate(count: int, projects: int, actor: User, seed: int = 0) -> Told:
    """Run until the first project has nothing waiting; every claim and every end is the production one."""
    draw, clock = random.Random(seed), Clock()  # noqa: S311
    weights, waiting = submitted(count, projects, actor, draw)
    told = Told(weights, dict.fromkeys(weights, 0.0), {one: [] for one in weights})
    running: list[tuple[datetime, int, Claim, UUID, datetime]] = []
    with patch("config.clock.now", clock):
        for claim, project in _claims():
            length = timedelta(seconds=draw.lognormvariate(0.0, SPREAD) * MEDIAN_S)
            told.longest_s = max(told.longest_s, length.total_seconds())
            told.began += 1
            told.starts[project].append(clock.at)
            heapq.heappush(running, (clock.at + length, told.began, claim, project, clock.at))
            waiting[project] -= 1
            if not waiting[project]:
                break
            if len(running) == WORKERS:
                _end_first(running, clock, told)
    for _end, _number, _claim, project, start in running:
        told.used_s[project] += (clock.at - start).total_seconds()
    return told


def _claims() -> Iterator[tuple[Claim, UUID]]:
    from jobs.claim import claim_together
    from jobs.models import Job

    while claims := claim_together(QUEUE, "bench"):
        (claim,) = claims
        yield claim, Job.objects.values_list("project_id", flat=True).get(pk=claim.job_id)


def _end_first(running: list[Any], clock: Clock, told: Told) -> None:
    from jobs.claim import finish
    from jobs.models import State

    clock.at, _number, claim, project, start = heapq.heappop(running)
    finish(claim, State.SUCCEEDED)
    told.used_s[project] += (clock.at - start).total_seconds()


def main(count: int, projects: int) -> None:
    """On the database of the home, as its first person."""
    sys.path[:0] = [str(ROOT / "platform")]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from accounts.models import User
    from jobs import wake

    wake.bell.send = lambda queue: None
    told = simulate(count, projects, User.objects.earliest("pk"))
    print(json.dumps({"error": told.share_error(), "wait": told.longest_wait(), "began": told.began}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
