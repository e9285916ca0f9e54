"""Which job is next: that of the project which used least for its weight (jobs/turns.py), then priority, then age.

Projects are few, jobs may be many. So projects are put in order first, and the index gives the first job of the one
whose turn it is: what a claim costs does not grow with the jobs that wait, nor with those that a closed window or a
quota holds. (Jobs with a time before which they must not start are few; they are passed over one by one.)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import Project
from jobs import quotas, shares
from jobs.models import Job, Listener, QueuePause, State, Window
from jobs.running import running_now
from jobs.turns import Turn, turns
from jobs.window_state import stand, startable, windows_now

CLAIMED = ("token", "started_at", "project", "created_at", "priority", "batch_key", "attempts_made")  # what claims read
ORDER = ("-priority", "position", "pk")  # of one project's jobs
WITH_FREE_JOBS = """
SELECT project.* FROM accounts_project project
WHERE NOT EXISTS (SELECT 1 FROM jobs_queuepause WHERE queue = %(queue)s)
AND (
    SELECT job.id FROM jobs_job job
    WHERE job.state = 'queued' AND job.queue = %(queue)s AND job.project_id = project.id AND job.window_id IS NULL
    AND (job.not_before IS NULL OR job.not_before <= %(now)s)
    ORDER BY job.priority DESC, job.position, job.id LIMIT 1
) IS NOT NULL
"""  # written out, since composing it costs Django a millisecond, at each claim
Windows = Mapping[UUID, Sequence[UUID]]  # open windows with jobs to start, by project


def due(queue: str, now: datetime) -> QuerySet[Job]:
    """Queued jobs of one queue that may start now, as far as time and windows decide; quotas hold whole projects."""
    return _waiting(queue, now).filter(startable(now))


def queues() -> list[str]:
    """The queues with queued jobs, among those that a kind of job may be sent to or somebody listens to.

    One look into the index for each. (A database asked for the names that occur reads every job that waits.)
    """
    named = {kind if kind == "io" else f"{kind}.{device}" for kind in settings.LEASE_S for device in settings.DEVICES}
    heard = Listener.objects.order_by().values_list("queue", flat=True).distinct()
    queued = Job.objects.filter(state=State.QUEUED)
    return [one for one in sorted({*named, *heard}) if somebody_waits(queued.filter(queue=one))]


def somebody_waits(line: QuerySet[Job]) -> bool:
    """Whether there is a row among queued jobs of one queue.

    Asked for in the order of the index: PostgreSQL reads the whole table for EXISTS where it believes that many match.
    """
    return bool(line.order_by("queue", "project_id", *ORDER).values_list("pk", flat=True)[:1])


def order(queue: str, now: datetime) -> list[Turn]:
    """The projects with jobs that could start on a queue, the one whose turn it is first; none while it is paused."""
    return turns(_with_work(queue, now, _open_windows(queue, now)), now)


def fairest(queue: str, now: datetime, passed: Collection[UUID] = ()) -> Job | None:
    """The job to run next, locked where the database can skip locked rows; a new project gets its start with it.

    Jobs that are `passed` over let all others go first.
    """
    windows = _open_windows(queue, now)
    for _share, equals in groupby(turns(_with_work(queue, now, windows), now), key=attrgetter("share", "new")):
        for turn in _by_first_job([one for one in equals if not one.over], queue, windows, now):
            lines = [
                line.exclude(pk__in=passed) if passed else line for line in _lines(queue, turn.project, windows, now)
            ]
            job = _locked(lines) if _has_room(turn, now) else None
            if job is not None:
                if turn.new:
                    shares.begin(turn.project.pk, turn.start)
                return job
    return None


def first(queue: str, project: Project, now: datetime) -> Job | None:
    """The project's job that would run next on a queue; None also where a claim is taking it."""
    return _locked(_lines(queue, project, _open_windows(queue, now), now))


def first_untried(queue: str, project: Project, now: datetime) -> Job | None:
    """The project's first job that no attempt was made at; for a look, so that no claim passes over it."""
    lines = [line.filter(attempts_made=0) for line in _lines(queue, project, _open_windows(queue, now), now)]
    places = _places(lines)
    return places[0][1].first() if places else None


def _waiting(queue: str, now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(Q(not_before=None) | Q(not_before__lte=now), state=State.QUEUED, queue=queue)


def _open_windows(queue: str, now: datetime) -> Windows:
    is_open = [one.pk for one in windows_now() if stand(one, now).open]
    found: dict[UUID, list[UUID]] = {}
    if is_open:
        first_job = _first_of(_waiting(queue, now).filter(window=OuterRef("pk")))
        with_work = Window.objects.alias(first_job=first_job).filter(pk__in=is_open, first_job__isnull=False)
        for window, project in with_work.values_list("pk", "project"):
            found.setdefault(project, []).append(window)
    return found


def _with_work(queue: str, now: datetime, windows: Windows) -> list[Project]:
    said = {"queue": queue, "now": connection.ops.adapt_datetimefield_value(now)}
    found = list(Project.objects.raw(WITH_FREE_JOBS, said))
    if bound := set(windows) - {one.pk for one in found}:
        goes_on = ~Exists(QueuePause.objects.filter(queue=queue))
        found += Project.objects.filter(goes_on, pk__in=bound)
    return found


def _first_of(jobs: QuerySet[Job]) -> Subquery:
    """One look into an index. (EXISTS may be planned as a join, which reads every job that waits; so it is above.)"""
    return Subquery(jobs.order_by(*ORDER).values("pk")[:1])


def _lines(queue: str, project: Project, windows: Windows, now: datetime) -> list[QuerySet[Job]]:
    """Jobs without a window, and those of each open one, each in the order of an index."""
    waiting = _waiting(queue, now).order_by(*ORDER).only(*CLAIMED)
    free = waiting.filter(project=project, window=None)
    return [free, *(waiting.filter(window=window) for window in windows.get(project.pk, ()))]


def _places(lines: list[QuerySet[Job]]) -> list[tuple[tuple[int, int, UUID], QuerySet[Job]]]:
    """The lines that have a job, by where their first one stands."""
    found = []
    for line in lines:
        if place := line.values_list("priority", "position", "pk").first():
            found.append(((-place[0], *place[1:]), line))
    return sorted(found, key=lambda one: one[0])


def _by_first_job(equals: list[Turn], queue: str, windows: Windows, now: datetime) -> list[Turn]:
    """Projects that have the same share, by the place of the first job of each."""
    if len(equals) < 2:
        return equals
    placed = [(_places(_lines(queue, one.project, windows, now)), one) for one in equals]
    found = [(places[0][0], one) for places, one in placed if places]
    return [one for _place, one in sorted(found, key=lambda pair: pair[0])]


def _locked(lines: list[QuerySet[Job]]) -> Job | None:
    for line in lines if len(lines) < 2 else [line for _place, line in _places(lines)]:
        if connection.features.has_select_for_update_skip_locked:
            line = line.select_for_update(skip_locked=True, of=("self",))
        if job := line.first():
            return job
    return None


def _has_room(turn: Turn, now: datetime) -> bool:
    """Whether a quota still lets one more start, where claims run side by side: those of one project take turns."""
    if not turn.limited or not connection.features.has_select_for_update:
        return True
    project = Project.objects.select_for_update(no_key=True).get(pk=turn.project.pk)
    return not quotas.over([project], running_now(now, [project.pk]), now)
