"""Forecasts of jobs that really wait, kept in their rows for calibration; what starts at once costs nothing here.

A sweep looks at the queued jobs that are newer than those it looked at before: identifiers grow with time, so that is
one look into an index. (A job that is committed after a newer one was looked at is missed, and only its forecast.)
"""

from __future__ import annotations

from uuid import UUID

from jobs.forecast import UNASKED, Scene, expected
from jobs.models import Job, State

MOST = 24  # forecasts in one sweep: each is about ten queries
LOOKED_AT = 10 * MOST  # new jobs in one sweep: of a burst every tenth is forecast, 200 of calibration's newest 2,000
Group = tuple[UUID, str]  # project and kind

_reached: UUID | None = None  # the last job that this process looked at


def keep_forecasts() -> int:
    """Keep what is expected of new jobs that wait and were not forecast yet; returns how many it was kept of."""
    chosen = _some_of(_new_ones())
    if not chosen:  # mostly: an idle platform pays for one look
        return 0
    waiting = Job.objects.filter(pk__in=chosen, state=State.QUEUED).select_related("project")
    scene = Scene.take()
    return sum(_keep(job, scene) for job in waiting.order_by("pk"))


def _keep(job: Job, scene: Scene) -> int:
    """1, or 0 where the job was begun meanwhile or another worker was first."""
    said = job.forecast | expected(job, scene).as_dict(None)
    untold = Job.objects.filter(pk=job.pk, state=State.QUEUED, forecast__end__isnull=True)
    return untold.update(forecast=said)


def _new_ones() -> dict[Group, list[UUID]]:
    """Queued jobs without a forecast that came after the last one looked at, oldest first; a new process begins with
    the newest ones of the line.
    """
    global _reached
    queued = Job.objects.filter(state=State.QUEUED)
    line = queued.filter(pk__gt=_reached).order_by("pk") if _reached else queued.order_by("-pk")
    rows = sorted(line.values_list("pk", "project_id", "kind", "forecast__ahead")[:LOOKED_AT])
    _reached = rows[-1][0] if rows else _reached
    found: dict[Group, list[UUID]] = {}
    for pk, project, kind, ahead in rows:
        if ahead is None and kind not in UNASKED:
            found.setdefault((project, kind), []).append(pk)
    return found


def _some_of(groups: dict[Group, list[UUID]]) -> list[UUID]:
    """At most MOST of them: as many of each group, and of each from its first to its last at even steps."""
    each = max(1, MOST // max(1, len(groups)))
    return [pk for group in groups.values() for pk in group[:: -(-len(group) // each)]][:MOST]
