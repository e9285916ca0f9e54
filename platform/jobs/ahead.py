"""About how many jobs are begun before a queued one, by the order of the pick; counted as far as COUNTED, no further.

Within its project the order is certain. Other projects take turns with it: as many of their jobs go first as it takes
until each has used as much for its weight as the own project will have when its turn comes.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery

from accounts.models import Project
from jobs import shares
from jobs.models import Job, State
from jobs.pick import somebody_waits
from jobs.spread import Z90, Spread
from jobs.turns import Turn, turns
from jobs.window_state import startable

COUNTED = 1000  # of each project
LATELY = 200  # newest jobs by which is judged how many will come
ROUNDS = 4  # each longer wait lets more come; it settles quickly
ROUNDING = 1e-9
ANEW, MOST_LINES = timedelta(seconds=1), 1000  # how long a line is believed, and how many are kept
READ = 200  # jobs of the own project whose forecasts are added up; further ones count as average ones


Place = tuple[int, int, UUID]  # in the line of a project, as it is sorted


class Counted(Subquery):
    """How many rows a sliced query has."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """Jobs before one: `own` are the expected seconds of those of its project, None for one that nobody forecast.

    `bound` are those of them that wait for the same window.
    """

    own: list[Spread | None]
    bound: list[Spread | None]
    others: int
    coming: int  # jobs of others that will be submitted later and go first, if as many come as came lately
    more: bool  # there may be more than were counted
    over: str  # the quota that holds the project back, "" for none

    @property
    def count(self) -> int:
        """All that stand there now."""
        return len(self.own) + self.others


def ahead_of(job: Job, average_s: float, workers: int, now: datetime) -> Ahead:
    """What stands before a queued job; `average_s` is what a job there takes. At most 9 queries, however long the line,
    and one or none where another job of the same line was asked about within ANEW.

    The job need not be in the database yet. Where nobody else waits, one query says so.
    """
    limited = job.project.max_running or job.project.max_device_hours
    others_wait = limited or _known_line(job, now) or somebody_waits(_waiting(job).exclude(pk=job.pk))
    if not others_wait:
        return Ahead(own=[], bound=[], others=0, coming=0, more=False, over="")
    line = _line(job, now)
    own, bound = _own(line, job)
    depths, order, lately = dict(line.depths), line.order, line.lately
    mine = order[job.project_id]
    depths.pop(mine.project)
    then = _used(mine, now) + len(own) * average_s / mine.project.weight
    rooms = {
        one.pk: 0 if order[one.pk].over else _room(then - _used(order[one.pk], now), one.weight, average_s)
        for one in depths
    }
    others = sum(min(rooms[one.pk], depth) for one, depth in depths.items())
    coming = 0
    for _ in range(ROUNDS):
        wait_s = (len(own) + others + coming) * average_s / max(1, workers)
        came = {one.pk: lately.came(one.pk, wait_s) for one in depths}
        coming = sum(min(rooms[one.pk] - min(rooms[one.pk], depth), came[one.pk]) for one, depth in depths.items())
    more = len(own) > COUNTED or others >= COUNTED
    return Ahead(own=own, bound=bound, others=others, coming=coming, more=more, over=mine.over)


@dataclass(eq=False)
class Line:
    """What all jobs of one project in one queue see before them, those bound to windows apart from the others.

    `own` are the jobs of the project in line, `first` the first READ of them: (place, seconds, window).
    """

    own: QuerySet[Job]
    first: list[tuple[Place, Spread | None, UUID | None]]
    lately: Lately
    depths: dict[Project, int]
    order: dict[UUID, Turn]

    @cached_property
    def places(self) -> list[Place]:
        """Of the first COUNTED and one; asked for once, where a job stands behind the first READ."""
        rows = self.own.values_list("priority", "position", "pk")[: COUNTED + 1]
        return [(-priority, position, pk) for priority, position, pk in rows]


_lines: dict[tuple[str, UUID, bool], tuple[datetime, Line]] = {}


def _known_line(job: Job, now: datetime) -> Line | None:
    found = _lines.get((job.queue, job.project_id, job.window_id is None))
    return found[1] if found and found[0] <= now < found[0] + ANEW else None


def _waiting(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(state=State.QUEUED, queue=job.queue)


def _line(job: Job, now: datetime) -> Line:
    if known := _known_line(job, now):
        return known
    queued = _waiting(job)
    if job.window_id is None:  # a line before a closed window is a line too
        queued = queued.filter(startable(now))
    rows = queued.filter(project=job.project_id).order_by("-priority", "position", "pk")
    said = rows.values_list("forecast__seconds", "window", "priority", "position", "pk")[:READ]
    lately = _lately(job, now)
    depths = _depths(queued, job, lately)
    line = Line(
        own=rows,
        first=[((-priority, position, pk), seconds_of(one), window) for one, window, priority, position, pk in said],
        lately=lately,
        depths=depths,
        order={turn.project.pk: turn for turn in turns(depths, now)},
    )
    if len(_lines) >= MOST_LINES:
        _lines.clear()
    _lines[job.queue, job.project_id, job.window_id is None] = now, line
    return line


def _own(line: Line, job: Job) -> tuple[list[Spread | None], list[Spread | None]]:
    """Of the first READ in line those before it: an index gives the line, so nothing behind the job is looked at."""
    place = (-job.priority, job.position, job.pk)
    rows = [(seconds, window) for at, seconds, window in line.first if at < place]
    own = [seconds for seconds, _ in rows]
    if len(rows) == READ:
        own += [None] * (bisect_left(line.places, place) - READ)
    return own, [seconds for seconds, window in rows if job.window_id and window == job.window_id]


def _room(gap: float, weight: float, average_s: float) -> int:
    """How many jobs a project runs until it has used so much more for its weight."""
    return max(0, math.ceil(gap * weight / average_s - ROUNDING))


@dataclass(frozen=True)
class Lately:
    """When jobs of other projects came to the queue, among the newest jobs; seconds ago."""

    ages_s: dict[UUID, list[float]]
    reach_s: float  # how far back the newest jobs go

    def came(self, project: UUID, within_s: float) -> int:
        """How many came within so many seconds; where it is not known so far back, as many as until then."""
        known_s = min(within_s, self.reach_s)
        if not known_s:
            return 0
        seen = sum(age <= known_s for age in self.ages_s.get(project, ()))
        return round(seen * within_s / known_s)


def _lately(job: Job, now: datetime) -> Lately:
    rows = list(Job.objects.order_by("-pk").values_list("project_id", "queue", "created_at")[:LATELY])
    ages: dict[UUID, list[float]] = {}
    for project, queue, created_at in rows:
        if queue == job.queue and project != job.project_id:
            ages.setdefault(project, []).append((now - created_at).total_seconds())
    full = len(rows) == LATELY
    return Lately(ages, (now - rows[-1][2]).total_seconds() if full else math.inf)


def _used(turn: Turn, now: datetime) -> float:
    """Device seconds for each unit of weight."""
    return shares.worth(turn.share, now.timestamp(), settings.SHARE_HALF_LIFE_S)


def _depths(queued: QuerySet[Job], job: Job, lately: Lately) -> dict[Project, int]:
    """Its project and others with work on the queue, now or lately, and how many jobs wait (at most COUNTED)."""
    waiting = queued.filter(project=OuterRef("pk")).order_by().values("pk")[:COUNTED]
    rows = Project.objects.annotate(depth=Counted(waiting))
    found = rows.filter(Q(depth__gt=0) | Q(pk__in=[job.project_id, *lately.ages_s]))
    return {project: project.depth for project in found}  # type: ignore[attr-defined]


def seconds_of(said: Any) -> Spread | None:
    """The seconds of a forecast in a row; None where it has none."""
    if not isinstance(said, dict) or not said.get("p50"):
        return None
    middle = math.log(said["p50"])
    return Spread.of_logarithms(middle, max(0.0, math.log(max(said["p90"], said["p50"])) - middle) / Z90)
