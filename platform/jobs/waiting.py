"""Why a job waits, what stands before it, and when it is expected to begin and to end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config import clock
from jobs import quotas, window_state
from jobs.forecast import UNASKED, Forecast, Range, Scene, lately_expected, stopped
from jobs.models import ENDED, Job, State
from jobs.standing import FREE

PAUSED = "queue {queue} is paused by {who}"
PAUSED_BECAUSE = "queue {queue} is paused by {who}: {why}"
NO_WORKER = "no worker listens to queue {queue}"
BOTH = ("start", "end")
BEHIND = "waits behind {count} others"
BEHIND_ONE = "waits behind one other"


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What a person who waits is told; `more` says that not all before it were counted."""

    reason: str
    ahead: int | None = None
    more: bool = False
    start: Range | None = None
    end: Range | None = None
    based_on: dict[str, Any] | None = None
    unknown: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        said = {name: getattr(self, name) for name in ("reason", "ahead", "more", "based_on", "unknown")}
        return said | {name: one.as_dict() if (one := getattr(self, name)) else None for name in BOTH}

    @classmethod
    def of_forecast(cls, reason: str, said: Mapping[str, Any]) -> Waiting:
        """With what a row keeps of its forecast: little at its submission, all of it once it has waited."""
        ranges = {name: Range(*map(datetime.fromisoformat, said[name].values())) for name in BOTH if name in said}
        others = {name: said[name] for name in ("ahead", "more", "based_on", "unknown") if name in said}
        return cls(reason=reason, **ranges, **others)


def in_short(job: Job, scene: Scene) -> str:
    """Why it waits, from its row and what all jobs share: no query."""
    if job.state != State.QUEUED:
        return job.state_reason
    if stopped := scene.paused.get(job.queue):
        words = {"queue": job.queue, "who": stopped.paused_by.username, "why": stopped.reason}
        return (PAUSED_BECAUSE if stopped.reason else PAUSED).format(**words)
    if not scene.workers.get(job.queue):
        return NO_WORKER.format(queue=job.queue)
    return job.state_reason


def in_list(jobs: Iterable[Job], scene: Scene) -> dict[UUID, str]:
    """Why each job of a list waits: `in_short`, or the quota of its project; four queries however many there are."""
    rows = list(jobs)
    over = quotas.reasons({job.project_id for job in rows if job.state == State.QUEUED}, scene.now)
    return {job.pk: _or_quota(job, in_short(job, scene), over) for job in rows}


def _or_quota(job: Job, said: str, over: Mapping[UUID, str]) -> str:
    """A stopped queue, no worker and a closed window stand before a quota, as on the page of the job."""
    bound = said.startswith((window_state.WAITS, window_state.LEFT))
    return said if job.state != State.QUEUED or said != job.state_reason or bound else over.get(job.project_id, said)


def as_submitted(job: Job) -> Waiting | None:
    """What was expected of a job that was submitted just now, without working it out again; two queries."""
    if job.state in ENDED:
        return None
    scene = Scene.take()
    said = in_short(job, scene)
    unknown = {"unknown": stopped(job, scene)} if job.state == State.QUEUED else {}
    return Waiting.of_forecast(said, unknown | job.forecast)


def waiting_of(job: Job, scene: Scene | None = None) -> Waiting | None:
    """All of it, in a constant number of queries; None for a job that has ended."""
    if job.state in ENDED:
        return None
    if job.state == State.RUNNING:
        return Waiting(reason=job.state_reason, end=_end(job, clock.now()))
    if job.state != State.QUEUED:
        return Waiting(reason=job.state_reason)
    scene = scene or Scene.take()
    if job.kind in UNASKED:
        return Waiting(reason=in_short(job, scene))
    found = lately_expected(job, scene)
    return Waiting(
        reason=_reason(job, scene, found),
        ahead=found.ahead.count if found.ahead else None,
        more=bool(found.ahead and found.ahead.more),
        start=found.start,
        end=found.end,
        based_on={"like": found.pace.like, "jobs": found.pace.count} if found.pace else None,
        unknown=found.unknown,
    )


def behind(count: int, more: bool) -> str:
    """The reason of a job that others stand before."""
    return BEHIND_ONE if count == 1 else BEHIND.format(count=f"{count}+" if more else count)


def _reason(job: Job, scene: Scene, found: Forecast) -> str:
    """The first of what keeps it: the queue, its window, a quota, others, or nothing but the next free worker."""
    said = in_short(job, scene)
    if said != job.state_reason:
        return said
    if job.window_id and (waits := window_state.waiting_reason(job.window, scene.now)):
        return said if said.startswith(window_state.LEFT) else waits
    if found.ahead and found.ahead.over:
        return found.ahead.over
    if found.ahead and found.ahead.count:
        return behind(found.ahead.count, found.ahead.more)
    return said if said.startswith("starts again") else FREE


def _end(job: Job, now: datetime) -> Range | None:
    """From what the running job says itself; its P90 as much wider as that of the forecast was."""
    if job.eta_s is None:
        return None
    said = job.forecast.get("seconds") or {}
    wider = said["p90"] / said["p50"] if said.get("p50") else 1.5
    return Range(*(now + timedelta(seconds=job.eta_s * times) for times in (1.0, max(1.0, wider))))
