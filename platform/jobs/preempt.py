"""Asking a running job to yield: for a project far below its share, after a minimum run, where nothing is lost by it.

A sweeper looks. A training saves its exact state and leaves, so only trainings are asked, one of a queue at a time, and
only after it ran for PREEMPT_AFTER_S. What runs must belong to a project that has used PREEMPT_BEHIND_S device seconds
more, for its weight, than the one that waits: two projects that alternate therefore do so by hours, not by minutes. The
job goes back into the queue as it stood there, and is never counted as poison.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from accounts.models import Project
from audit.services import append
from jobs import pick, shares
from jobs.models import Attempt, Job, JobEvent, State
from jobs.turns import Turn, turns

ASKED = "asked to yield to a project far below its share"
YIELDED = "yielded to a project far below its share; goes on from its saved state"
SAVES = "train"  # the kind that can leave and go on
WAITED = timedelta(seconds=30)  # a free worker would have taken the job by then


@dataclass(frozen=True)
class Run:
    """A running job, with what decides whether it is asked."""

    job_id: UUID
    project_id: UUID
    kind: str
    priority: int
    wants: str
    started_at: datetime


def preempt(worker: str, now: datetime) -> list[UUID]:
    """Ask at most one job of each queue to yield; returns those that were asked."""
    asked = []
    for queue, running in _running().items():
        if any(_may_be_asked(one, now) for one in running) and not any(one.wants for one in running):
            with transaction.atomic():
                asked += _ask(queue, worker, now)
    return asked


def was_asked(job_id: UUID) -> bool:
    """Whether a running job was asked to yield, and nobody asked for anything else since."""
    return Job.objects.filter(pk=job_id, wants="yield").exists()


def _running(**only: str) -> dict[str, list[Run]]:
    rows = Attempt.objects.filter(job__state=State.RUNNING, token=F("job__token"), ended_at=None, **only)
    found: dict[str, list[Run]] = {}
    facts = ("job", "job__project", "job__kind", "job__priority", "job__wants", "started_at")
    for queue, *said in rows.order_by().values_list("job__queue", *facts):
        found.setdefault(queue, []).append(Run(*said))
    return found


def _may_be_asked(run: Run, now: datetime) -> bool:
    return run.kind == SAVES and now - run.started_at >= timedelta(seconds=settings.PREEMPT_AFTER_S)


def _ask(queue: str, worker: str, now: datetime) -> list[UUID]:
    next_one = next((turn for turn in pick.order(queue, now) if not turn.over), None)
    if next_one is None or not _waits(queue, next_one.project, now):
        return []
    if next_one.new:
        shares.begin(next_one.project.pk, next_one.start)  # from now on it falls behind what runs
    if connection.features.has_select_for_update:  # of two sweepers, the second finds what the first one did
        Project.objects.select_for_update(no_key=True).get(pk=next_one.project.pk)
    running = _running(job__queue=queue).get(queue, [])
    if any(one.wants for one in running):
        return []
    chosen = _most_ahead([one for one in running if _may_be_asked(one, now)], next_one, now)
    return [chosen.job_id] if chosen and _told(chosen, worker) else []


def _waits(queue: str, project: Project, now: datetime) -> bool:
    """Whether its first job has been in the queue for so long that no worker can be free for it."""
    job = pick.first(queue, project, now)
    if job is None:
        return False
    latest = JobEvent.objects.filter(job=job, type="state").order_by("-id").values_list("at", flat=True).first()
    return now - (latest or job.created_at) >= WAITED


def _most_ahead(running: list[Run], waiting: Turn, now: datetime) -> Run | None:
    """The job of the project that is furthest ahead; of one project's, that of least priority, then the latest."""
    home = waiting.project.pk
    found = turns(Project.objects.filter(pk__in={home, *(one.project_id for one in running)}), now)
    used = {one.project.pk: shares.worth(one.share, now.timestamp(), settings.SHARE_HALF_LIFE_S) for one in found}
    ahead = [one for one in running if used[one.project_id] - used[home] >= settings.PREEMPT_BEHIND_S]
    return max(ahead, key=lambda one: (used[one.project_id], -one.priority, one.started_at), default=None)


def _told(run: Run, worker: str) -> bool:
    running = Job.objects.filter(pk=run.job_id, state=State.RUNNING, wants="")
    if not running.update(wants="yield", state_reason=ASKED):
        return False
    append(
        actor=f"worker {worker}",
        verb="job.yield_asked",
        subject=("job", str(run.job_id)),
        project=run.project_id,
        detail={"reason": ASKED},
    )
    return True
