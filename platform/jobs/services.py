"""The verbs on jobs: submit, cancel, pause, resume, retry."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Project, Role, User
from accounts.services import require
from audit.services import append
from catalog.models import DatasetVersion, ModelVersion
from config import clock
from jobs import wake
from jobs.holds import hold_again, hold_reason
from jobs.models import ENDED, Job, JobEvent, JobInput, State
from jobs.transitions import IllegalTransition, move
from models_store.canonical import canonical, digest
from models_store.errors import Conflict


def queue_name(kind_queue: str) -> str:
    """The queue as workers listen on it: train and generate name their device."""
    return kind_queue if kind_queue == "io" else f"{kind_queue}.{settings.DEVICE}"


@dataclass(frozen=True)
class Upload:
    """A file a person brought, already in the project's store."""

    sha256: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Request:
    """A job as it was asked for, checked (jobs/admission.py)."""

    kind: str
    project: Project
    queue: str
    inputs: Mapping[str, DatasetVersion | ModelVersion | Upload]
    params: Mapping[str, Any]
    schema_digest: str = ""
    family: str = ""
    name: str = ""
    seed: str = ""
    priority: int = 0
    purpose: str = ""
    intended_use: str = ""
    idempotency_key: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


class IdempotencyConflict(Conflict):
    """The Idempotency-Key was used before with another body."""

    code = "idempotency_conflict"


def submit(request: Request, *, actor: User, role: str = Role.SUBMITTER) -> tuple[Job, bool]:
    """Write the job, its inputs and its audit event in one transaction; wakes a worker after the commit.

    Returns the job and whether it is new: the same key with the same body gives the same job.
    """
    require(actor, request.project, role)
    body_digest = digest(canonical(dict(request.body))) if request.body else ""
    earlier = partial(_earlier, request.idempotency_key, body_digest, actor)
    if job := earlier():
        return job, False
    try:
        return _insert(request, body_digest, actor), True
    except IntegrityError:
        if job := earlier():  # the same key came twice at once
            return job, False
        raise


def _earlier(key: str | None, body_digest: str, actor: User) -> Job | None:
    job = Job.objects.filter(submitted_by=actor, idempotency_key=key).first() if key else None
    if job and job.body_digest != body_digest:
        raise IdempotencyConflict(field="Idempotency-Key", got=key, job=str(job.pk))
    return job


@transaction.atomic
def _insert(request: Request, body_digest: str, actor: User) -> Job:
    reason = hold_reason(request.kind, request.inputs, actor)
    now = clock.now()
    job = Job.objects.create(
        project=request.project,
        kind=request.kind,
        name=request.name,
        state=State.HELD if reason else State.QUEUED,
        state_reason=reason or "waits for a free worker",
        queue=queue_name(request.queue),
        priority=request.priority,
        seed=request.seed or str(secrets.randbits(63)),
        family=request.family,
        params=dict(request.params),
        schema_digest=request.schema_digest,
        purpose=request.purpose,
        intended_use=request.intended_use,
        submitted_by=actor,
        idempotency_key=request.idempotency_key,
        body_digest=body_digest,
        created_at=now,
    )
    JobInput.objects.bulk_create(_input(job, role, given) for role, given in request.inputs.items())
    JobEvent.objects.create(job=job, type="state", at=now, data={"state": job.state, "reason": job.state_reason})
    append(
        actor=actor.username,
        verb="job.submitted",
        subject=("job", str(job.pk)),
        project=request.project.pk,
        detail={"kind": job.kind, "family": job.family, "params": job.params, "purpose": job.purpose},
    )
    if job.state == State.QUEUED:
        transaction.on_commit(partial(wake.wake, job.queue), robust=True)
    return job


def _input(job: Job, role: str, given: DatasetVersion | ModelVersion | Upload) -> JobInput:
    if isinstance(given, DatasetVersion):
        return JobInput(job=job, role=role, dataset_version=given)
    if isinstance(given, ModelVersion):
        return JobInput(job=job, role=role, model_version=given)
    return JobInput(job=job, role=role, upload_sha256=given.sha256, upload_name=given.name[:255])


def cancel(job: Job, *, actor: User) -> Job:
    """End a job: at once where it waits, between two steps where it runs. Asking twice changes nothing."""
    return _ask(job, "cancel", State.CANCELLED, actor, reason=f"cancelled by {actor.username}")


def pause(job: Job, *, actor: User) -> Job:
    """Stop a job and keep its state; the memory is free until it is resumed."""
    return _ask(job, "pause", State.PAUSED, actor, reason=f"paused by {actor.username}")


def _ask(job: Job, want: str, to: str, actor: User, *, reason: str) -> Job:
    require(actor, job.project, Role.SUBMITTER)
    with transaction.atomic():
        running = Job.objects.filter(pk=job.pk, state=State.RUNNING).exclude(wants__in=(want, "cancel"))
        if running.update(wants=want, state_reason=f"{want} asked for by {actor.username}"):
            append(actor=actor.username, verb=f"job.{want}_asked", subject=("job", str(job.pk)), project=job.project_id)
        job.refresh_from_db()
        if job.state == State.RUNNING and job.wants == "cancel" != want:
            raise IllegalTransition("Too late: the job is being cancelled.", expected=want, got=job.wants)
        if job.state not in (to, State.RUNNING):
            waiting = (State.HELD, State.QUEUED, State.PAUSED) if to == State.CANCELLED else (State.QUEUED,)
            if job.state in ENDED:
                raise IllegalTransition(f"Too late: the job is {job.state}.", expected=list(waiting), got=job.state)
            move(job.pk, to, actor=actor.username, reason=reason, sources=waiting)
            job.refresh_from_db()
    return job


def resume(job: Job, *, actor: User) -> Job:
    """Put a paused job back in the queue; it goes on from its saved state."""
    return _requeue(job, (State.PAUSED,), actor, f"resumed by {actor.username}")


def retry(job: Job, *, actor: User) -> Job:
    """Put a job that ended without success back in the queue; it goes on from its last saved state, if any."""
    sources = (State.FAILED, State.ERRORED, State.CANCELLED)
    return _requeue(job, sources, actor, f"tried again by {actor.username}")


def _requeue(job: Job, sources: tuple[str, ...], actor: User, reason: str) -> Job:
    require(actor, job.project, Role.SUBMITTER)
    cleared = {"error_code": "", "error_detail": "", "error_facts": {}, "traceback": "", "finished_at": None}
    if job.state != State.QUEUED:
        held = hold_again(job) if job.state in sources else ""
        move(
            job.pk,
            State.HELD if held else State.QUEUED,
            actor=actor.username,
            reason=held or reason,
            sources=sources,
            barren_attempts=0,
            wants="",
            **cleared,
        )
    job.refresh_from_db()
    return job
