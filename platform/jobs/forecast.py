"""When a job will begin and end, P50 and P90, from how like jobs went and from what stands before it.

What is expected of a job that waits is kept in its row (jobs/kept_forecasts.py) and later held against what came
(jobs/calibration.py). Jobs that come later and go first cannot be foreseen; LATER makes room for them.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config import clock
from jobs import presence, queue_pause
from jobs.ahead import ANEW, COUNTED, Ahead, ahead_of, seconds_of
from jobs.models import Job, State, Window
from jobs.pace import Pace, pace_of, size_of
from jobs.spread import NOTHING, Spread
from jobs.windows import Week, next_opening, opening, week_of

UNASKED = ("verify", "estimate")  # answered while somebody waits: nobody plans by them
NO_PACE_S = 60.0  # what a job ahead counts as where none has run, for the order alone
LATER = 0.12  # of the time before it: standard deviation for what nobody can foresee
REMEMBERED, MOST_PACES = timedelta(minutes=1), 1000  # one view of many jobs asks for few paces
MOST_LATELY = 1000  # forecasts that are kept
OPENINGS = 60  # a job that takes more is not followed


@dataclass(frozen=True)
class Range:
    """Two moments: as likely before as after `p50`, nine times of ten before `p90`."""

    p50: datetime
    p90: datetime

    def as_dict(self) -> dict[str, str]:
        """As JSON."""
        return {"p50": self.p50.isoformat(), "p90": self.p90.isoformat()}


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is expected of a job; what nobody can know is None, and `unknown` says why."""

    ahead: Ahead | None = None
    seconds: Spread | None = None
    start: Range | None = None
    end: Range | None = None
    pace: Pace | None = None
    unknown: str = ""

    def as_dict(self, size: float | None) -> dict[str, Any]:
        """As the row keeps it."""
        said: dict[str, Any] = {"size": size} if size else {}
        if self.seconds and self.pace:
            said["seconds"] = {"p50": round(self.seconds.p50, 3), "p90": round(self.seconds.p90, 3)}
            said["based_on"] = {"like": self.pace.like, "jobs": self.pace.count}
        if self.ahead:
            said |= {"ahead": self.ahead.count, "more": self.ahead.more}
        if self.unknown:
            said["unknown"] = self.unknown
        if self.start and self.end:
            said |= {"start": self.start.as_dict(), "end": self.end.as_dict()}
        return said


@dataclass(frozen=True)
class Scene:
    """What the queues are like now: shared by all jobs of one answer."""

    now: datetime
    paused: dict[str, Any]
    workers: dict[str, int]

    @classmethod
    def take(cls) -> Scene:
        """Two queries."""
        return cls(clock.now(), queue_pause.paused(), presence.live_workers())


def at_submission(job: Job, now: datetime, upload_bytes: int = 0) -> dict[str, Any]:
    """What can be said of a job that is being submitted without asking the database: its size, and its seconds where
    this process knows the pace of like jobs. The rest is kept once it has waited (jobs/kept_forecasts.py).
    """
    if job.kind in UNASKED:
        return {}
    size = size_of(job.kind, job.params, upload_bytes)
    _, pace = _remembered(job, now) or (now, None)
    return Forecast(pace=pace, seconds=pace.of(size) if pace else None).as_dict(size)


def expected(job: Job, scene: Scene) -> Forecast:
    """The forecast of a queued job; a constant number of queries."""
    pace = known_pace(job, scene.now)
    seconds = pace.of(job.forecast.get("size") or size_of(job.kind, job.params)) if pace else None
    usual = pace.usual if pace else None
    before = ahead_of(job, usual.mean if usual else NO_PACE_S, scene.workers.get(job.queue, 0), scene.now)
    if why := unknown(job, scene, before, seconds):
        return Forecast(ahead=before, pace=pace, seconds=seconds, unknown=why)
    week = _week(job)
    waits, since = _wait(job, before, usual or NOTHING, scene), max(scene.now, job.not_before or scene.now)
    if week and not opening(week, since) and (opens := next_opening(week, since)):
        alone = _served([], [one or usual or NOTHING for one in before.bound], scene.workers[job.queue])
        if opens.start + timedelta(seconds=alone.mean) > since + timedelta(seconds=waits.mean):
            waits, since = alone, opens.start  # all the others are done by then
    ends = waits + (seconds or NOTHING)
    begin = [_through(week, since + timedelta(seconds=one), 0.0) for one in (waits.p50, waits.p90)]
    if begin[0] is None or begin[1] is None:
        return Forecast(ahead=before, pace=pace, seconds=seconds, unknown=NEVER_DONE)
    until = [_through(week, begin[0], one - waits.p50) for one in (ends.p50, ends.p90)]
    end = Range(*until) if until[0] and until[1] else None
    why = "" if end else NEVER_DONE
    return Forecast(ahead=before, pace=pace, seconds=seconds, start=Range(*begin), end=end, unknown=why)


def lately_expected(job: Job, scene: Scene) -> Forecast:
    """`expected`, worked out at most once in ANEW for a job that stands as it stood: many ask again and again."""
    stands = (
        job.state, job.priority, job.position, job.window_id, job.not_before, job.queue in scene.paused,
        scene.workers.get(job.queue),
    )  # fmt: skip
    found = _lately.get(job.pk)
    if found is None or found[1] != stands or not found[0] <= scene.now < found[0] + ANEW:
        if len(_lately) >= MOST_LATELY:
            _lately.clear()
        found = _lately[job.pk] = scene.now, stands, expected(job, scene)
    return found[2]


def known_pace(job: Job, now: datetime) -> Pace | None:
    """The pace of jobs like this one, worked out at most once in REMEMBERED by each process."""
    if found := _remembered(job, now):
        return found[1]
    if len(_paces) >= MOST_PACES:
        _paces.clear()
    key = (job.kind, job.family, job.project_id)
    pace = pace_of(*key)
    _paces[key] = now, pace
    return pace


def _remembered(job: Job, now: datetime) -> tuple[datetime, Pace | None] | None:
    """When this process last worked out that pace, and what it was; None where that is too long ago."""
    found = _paces.get((job.kind, job.family, job.project_id))
    return found if found and found[0] <= now < found[0] + REMEMBERED else None


_runs: dict[str, tuple[datetime, list[Job]]] = {}
_lately: dict[UUID, tuple[datetime, tuple[Any, ...], Forecast]] = {}
_paces: dict[tuple[str, str, UUID], tuple[datetime, Pace | None]] = {}
NO_HISTORY = "no like job has run yet"
PAUSED = "the queue is paused"
NO_WORKER = "no worker listens"
OVER_QUOTA = "a quota holds the project back"
NEVER_DONE = "it does not fit into its window"


def unknown(job: Job, scene: Scene, before: Ahead, seconds: Spread | None) -> str:
    """Why nobody can say when it will run; "" where one can."""
    if why := stopped(job, scene):
        return why
    if "hours" in before.over:
        return OVER_QUOTA
    return "" if seconds else NO_HISTORY


def stopped(job: Job, scene: Scene) -> str:
    """What keeps every job of its queue, "" for nothing: no query."""
    if job.queue in scene.paused:
        return PAUSED
    return "" if scene.workers.get(job.queue) else NO_WORKER


def _wait(job: Job, before: Ahead, usual: Spread, scene: Scene) -> Spread:
    """How long until a worker is free for it (seconds)."""
    running = [(one.project_id, one.worker, _left(one, usual, scene.now)) for one in _running(job.queue, scene.now)]
    busy: dict[str, Spread] = {}  # jobs that share batches are on one worker
    for _, worker, left in running:
        busy[worker] = busy.get(worker, NOTHING) + left
    workers = max(scene.workers.get(job.queue, 0), len(busy), 1)
    own = [one or usual for one in before.own]
    everything = _served(list(busy.values()), own + [usual] * (before.others + before.coming), workers)
    quota = job.project.max_running
    if not quota or quota >= workers:
        return everything
    alone = _served([left for project, _, left in running if project == job.project_id], own, quota)
    return max(everything, alone, key=lambda one: one.mean)


def _running(queue: str, now: datetime) -> list[Job]:
    """What runs of a queue, asked for at most once in ANEW."""
    found = _runs.get(queue)
    if found is None or not found[0] <= now < found[0] + ANEW:
        rows = Job.objects.filter(state=State.RUNNING, queue=queue)
        told = rows.only("kind", "family", "project", "worker", "eta_s", "started_at", "forecast")
        found = _runs[queue] = now, list(told)
    return found[1]


def _left(running: Job, usual: Spread, now: datetime) -> Spread:
    """What a running job still takes: what it says itself, else what is left of what was expected."""
    if running.eta_s is not None:
        return Spread(running.eta_s, (0.2 * running.eta_s) ** 2)
    passed_s = (now - running.started_at).total_seconds() if running.started_at else 0.0
    return (_whole(running, now) or usual).after(passed_s)


def _whole(running: Job, now: datetime) -> Spread | None:
    """How long a running job takes from its start: as its row has it, else by its size, for it may not have waited."""
    if said := seconds_of(running.forecast.get("seconds")):
        return said
    _, pace = _remembered(running, now) or (now, None)
    return pace.of(running.forecast.get("size")) if pace else None


def _served(running: Sequence[Spread], waiting: Sequence[Spread], workers: int) -> Spread:
    """When the one after `waiting` is begun: each free worker takes the next one (Graham's list scheduling)."""
    free = sorted(one.mean for one in running)[:workers] + [0.0] * max(0, workers - len(running))
    heapq.heapify(free)
    for one in waiting[: 2 * COUNTED]:
        heapq.heapreplace(free, free[0] + one.mean)
    if not free[0]:
        return NOTHING
    var = sum(one.var for one in (*running, *waiting)) / workers**2
    return Spread(free[0], var + (LATER * free[0]) ** 2)


def _week(job: Job) -> Week | None:
    if job.window_id is None:
        return None
    return week_of(Window.objects.prefetch_related("exceptions").get(pk=job.window_id))


def _through(week: Week | None, begin: datetime, seconds: float) -> datetime | None:
    """When so many seconds of work are done that may only be done while a window is open; None where they never are."""
    seconds = max(0.0, seconds)
    if week is None:
        return begin + timedelta(seconds=seconds)
    current = opening(week, begin)
    for _ in range(OPENINGS):
        if current:
            room = (current.end - begin).total_seconds() if current.end else seconds
            if seconds <= room:
                return begin + timedelta(seconds=seconds)
            seconds -= room
            begin = current.end or begin
        current = next_opening(week, begin)
        if current is None:
            return None
        begin = current.start
    return None
