"""The one way a job's state changes: a conditional UPDATE that must hit one row, with its audit event."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.db import transaction

from audit.services import append
from catalog.services import fail_version, reopen_version
from config import clock
from jobs import wake
from jobs.models import ENDED, Job, JobEvent, JobInput, State
from models_store.errors import Conflict

SOURCES: dict[str, tuple[str, ...]] = {
    State.HELD: (State.PAUSED, State.FAILED, State.ERRORED, State.CANCELLED),
    State.QUEUED: (State.HELD, State.RUNNING, State.PAUSED, State.FAILED, State.ERRORED, State.CANCELLED),
    State.RUNNING: (State.QUEUED,),
    State.PAUSED: (State.QUEUED, State.RUNNING),
    State.SUCCEEDED: (State.RUNNING,),
    State.FAILED: (State.HELD, State.QUEUED, State.RUNNING, State.PAUSED),
    State.ERRORED: (State.RUNNING,),
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
    """
    now = clock.now()
    changes |= {"state": to, "state_reason": reason}
    if to in ENDED:
        changes |= {"finished_at": now, "wants": ""}
    if to != State.RUNNING:
        changes |= {"lease_until": None}
    rows = Job.objects.filter(pk=job_id, state__in=sources or SOURCES[to], **(held or {})).update(**changes)
    job = Job.objects.filter(pk=job_id).only("project_id", "queue", "kind", "state").first()
    if not rows or job is None:
        raise IllegalTransition(
            f"The job cannot become {to}.", expected=list(sources or SOURCES[to]), got=job.state if job else "no job"
        )
    said = {"state": to, "reason": reason}
    JobEvent.objects.create(job_id=job_id, type="state", at=now, data=said)
    append(
        actor=actor,
        verb=f"job.{to}",
        subject=("job", str(job_id)),
        project=job.project_id,
        detail={"kind": job.kind, "reason": reason} | (detail or {}),
    )
    if job.kind == "ingest":
        _data_follows(job_id, to)
    if to == State.QUEUED:
        transaction.on_commit(partial(wake.wake, job.queue), robust=True)


def _data_follows(job_id: uuid.UUID, to: str) -> None:
    """A data set version whose ingest ended without it has failed, and is open again when it is tried again."""
    into = JobInput.objects.filter(job=job_id, role="into").values_list("dataset_version_id", flat=True).first()
    if into and to in (State.FAILED, State.ERRORED, State.CANCELLED):
        fail_version(into)
    elif into and to == State.QUEUED:
        reopen_version(into)
