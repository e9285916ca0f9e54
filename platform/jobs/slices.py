"""When a job that makes artifacts makes way for a while: a large one must not hold up the small ones behind it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Project
from jobs import pick
from jobs.models import Job
from jobs.turns import turns

SLICE_S = 2.0  # how long it runs before it is looked whether somebody waits
PASSED_S = 5 * SLICE_S  # for how long a job that made way lets others go first, so that none waits for ever
TOOK_TURN = "others take their turn; goes on from what was made"


@transaction.atomic  # a look at the line locks, so as to see what a claim would find
def others_wait(jobs: Iterable[UUID], queue: str, now: datetime) -> bool:
    """Whether a queued job would go before these running ones, were they to stand behind their equals.

    So one of a project whose turn comes first, or one of their own project that is as urgent.
    """
    rows = dict(Job.objects.filter(pk__in=list(jobs)).values_list("project", "priority"))
    line = {turn.project.pk: turn for turn in pick.order(queue, now)}
    if not line:
        return False
    homes = Project.objects.filter(pk__in=set(rows) - set(line))
    for turn in turns([*(one.project for one in line.values()), *homes], now):
        project = turn.project
        waiting = None if turn.over or project.pk not in line else pick.first(queue, project, now)
        if waiting is not None and waiting.priority >= rows.get(project.pk, waiting.priority):
            return True
        if project.pk in rows:
            return False  # all others have had more
    return False
