"""The one way a job's state changes: a conditional UPDATE that must hit one row, with its audit event."""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.db import transaction

from audit import reviews
from audit.services import append
from catalog.services import fail_version, reopen_version
from config import clock
from jobs import wake
from jobs.models import ENDED, Job, JobEvent, JobInput, State
from jobs.standing import FREE, next_of, waiting_for
from jobs.window_state import queued_reason
from models_store.errors import Conflict

NOTHING: Mapping[str, Any] = {}
SOURCES: dict[str, tuple[str, ...]] = {
    State.HELD: (State.HELD, State.PAUSED, State.FAILED, State.ERRORED, State.CANCELLED),
    State.QUEUED: (State.HELD, State.RUNNING, State.PAUSED, State.FAILED, State.ERRORED, State.CANCELLED),
    State.RUNNING: (State.QUEUED,),
    State.PAUSED: (State.QUEUED, State.RUNNING),
    State.SUCCEEDED: (State.RUNNING,),
    State.FAILED: (State.HELD, State.QUEUED, State.RUNNING, State.PAUSED),
    State.ERRORED: (State.HELD, State.RUNNING),
    State.CANCELLED: (State.HELD, State.QUEUED, State.RUNNING, State.PAUSED),
}


class IllegalTransition(Conflict):
    """The job is not in a state from which it can go there."""

    code = "illegal_transition"


@transaction.atomic
def move(
    job_id: uuid.UUID,
    to: str,
    *,
    actor: str,
    reason: str = "",
    sources: tuple[str, ...] | None = None,
    held: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move a job to a state, or raise IllegalTransition when it is not where it should be.

    `held` narrows the UPDATE further (a worker names its token); `changes` are further columns of the same UPDATE.
    Where the job ends, those that wait for it go on or end with it, in the same transaction.
    """
    found = sources or SOURCES[to]
    if not _moved(job_id, to, found, actor=actor, reason=reason, held=held or {}, detail=detail or {}, **changes):
        state = Job.objects.filter(pk=job_id).values_list("state", flat=True).first()
        raise IllegalTransition(f"The job cannot become {to}.", expected=list(found), got=state or "no job")
    if to in ENDED:
        advance(waiting_for(job_id), actor=actor)


@transaction.atomic
def advance(jobs: Iterable[uuid.UUID], *, actor: str, said: str = FREE) -> None:
    """Let held jobs go where they now belong: into the queue (because of `said`), on waiting, or to their end."""
    due = sorted(jobs)  # oldest first, here and below: rows are locked in one order by everybody, so nobody deadlocks
    while due:  # no recursion: a chain of jobs may be long
        job_id = heapq.heappop(due)
        step = next_of(job_id, said)
        if step is None or not _moved(job_id, sources=(State.HELD,), actor=actor, **step):
            continue
        if step["to"] == State.QUEUED:
            reviews.close(("job", str(job_id)))
        for one in waiting_for(job_id) if step["to"] in ENDED else ():
            heapq.heappush(due, one)


def _moved(
    job_id: uuid.UUID,
    to: str,
    sources: tuple[str, ...],
    *,
    actor: str,
    reason: str,
    held: Mapping[str, Any] = NOTHING,
    detail: Mapping[str, Any] = NOTHING,
    **changes: Any,
) -> bool:
    """The UPDATE with its job event and audit event; whether there was a job to move."""
    now = clock.now()
    changes |= {"state": to, "state_reason": queued_reason(job_id, reason) if to == State.QUEUED else reason}
    if to in ENDED:
        changes |= {"finished_at": now}
    if to != State.RUNNING:
        changes |= {"lease_until": None, "wants": ""}
    if not Job.objects.filter(pk=job_id, state__in=sources, **held).update(**changes):
        return False
    job = Job.objects.only("project_id", "queue", "kind").get(pk=job_id)
    JobEvent.objects.create(job_id=job_id, type="state", at=now, data={"state": to, "reason": reason})
    append(
        actor=actor,
        verb=f"job.{to}",
        subject=("job", str(job_id)),
        project=job.project_id,
        detail={"kind": job.kind, "reason": reason, **detail},
    )
    if job.kind == "ingest":
        _data_follows(job_id, to)
    if to in ENDED and to != State.SUCCEEDED:
        reviews.close(("job", str(job_id)))
    if to == State.QUEUED:
        transaction.on_commit(partial(wake.wake, job.queue), robust=True)
    return True


def _data_follows(job_id: uuid.UUID, to: str) -> None:
    """A data set version whose ingest ended without it has failed, and is open again when it is tried again."""
    into = JobInput.objects.filter(job=job_id, role="into").values_list("dataset_version_id", flat=True).first()
    if into and to in (State.FAILED, State.ERRORED, State.CANCELLED):
        fail_version(into)
    elif into and to == State.QUEUED:
        reopen_version(into)
