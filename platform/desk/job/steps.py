"""A job among those it comes after and those that come then, as one line of steps."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from jobs.models import Job, JobAfter

FAR = 20  # steps each way, and jobs in a step


def steps(job: Job) -> list[list[Job]]:
    """The steps in order, each with its jobs; [] where the job stands alone."""
    if not JobAfter.objects.filter(Q(job=job) | Q(earlier=job)).exists():
        return []
    known = {job.pk}
    before = list(_levels(job, known, back=True))
    return [*reversed(before), [job], *_levels(job, known, back=False)]


def _levels(job: Job, known: set[UUID], *, back: bool) -> Iterable[list[Job]]:
    """Further and further from the job; a job that is reached by two ways stands where it was reached first."""
    level = [job]
    for _ in range(FAR):
        level = list(_next_to(level, back).exclude(pk__in=known).order_by("pk").distinct()[:FAR])
        if not level:
            return
        known |= {one.pk for one in level}
        yield level


def _next_to(level: list[Job], back: bool) -> QuerySet[Job]:
    near = {"followed_by__job__in" if back else "comes_after__earlier__in": level}
    return Job.objects.filter(**near).only("pk", "name", "kind", "state")
