"""Which job is next: the project that used least for its weight, then priority, then age."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from jobs.models import Job, State


def due(queue: str, now: datetime) -> QuerySet[Job]:
    """Queued jobs of one queue whose time has come and whose project may run one more."""
    running = (
        Job.objects.filter(project=OuterRef("project"), state=State.RUNNING)
        .order_by()
        .values("project")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return (
        Job.objects.filter(Q(not_before=None) | Q(not_before__lte=now), state=State.QUEUED, queue=queue)
        .annotate(running=Coalesce(Subquery(running), 0))
        .filter(Q(project__max_running=0) | Q(running__lt=F("project__max_running")))
    )


def fairest(queue: str, now: datetime) -> Job | None:
    """The job to run next, locked where the database can skip locked rows."""
    order = ((F("project__used_device_s") / F("project__weight")).asc(), "-priority", "id")
    jobs = due(queue, now).order_by(*order)
    if connection.features.has_select_for_update_skip_locked:
        jobs = jobs.select_for_update(skip_locked=True, of=("self",))
    return jobs.first()
