"""Submitting: a job, all that comes then, their inputs and audit events, written in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.models import Role, User
from accounts.services import require
from audit.inserts import insert
from audit.policies import in_force
from audit.services import append
from catalog.models import DatasetVersion, ModelVersion
from config import clock
from jobs import policing, wake
from jobs.admission import admit, within
from jobs.forecast import at_submission
from jobs.idempotency import body_digest, repeated
from jobs.models import Job, JobAfter, JobEvent, JobInput, State, Window
from jobs.request import Given, Promise, Request
from jobs.standing import FREE, hold_reason, keep_data, lock, lock_versions, settle
from jobs.storage import require_room_for
from jobs.together import batch_key
from jobs.window_state import waiting_reason
from models_store.errors import NotFound

if TYPE_CHECKING:
    from audit.policy import Policy


def queue_name(kind_queue: str) -> str:
    """The queue as workers listen on it: train and generate name their device."""
    return kind_queue if kind_queue == "io" else f"{kind_queue}.{settings.DEVICE}"


def send(
    body: Mapping[str, Any],
    *,
    actor: User,
    idempotency_key: str | None = None,
    said: Mapping[str, Any] | None = None,
) -> tuple[Job, bool]:
    """Check and submit a body; a key that came before gives its job, however things stand by now.

    `said` is what has to be the same for that, where the body was made from something else.
    """
    said = body if said is None else said
    if job := repeated(idempotency_key, said, actor):
        return job, False
    request = replace(admit(body, actor=actor, idempotency_key=idempotency_key), body=said)
    return submit(request, actor=actor)


def submit(request: Request, *, actor: User, role: str = Role.SUBMITTER) -> tuple[Job, bool]:
    """Write the job and all that comes then, or nothing; wakes a worker after the commit.

    Returns the job and whether it is new: the same key with the same body gives the same job.
    """
    require(actor, request.project, role)
    if job := repeated(request.idempotency_key, request.body, actor):
        return job, False
    require_room_for((one.kind for one in request.whole()), request.project)
    try:
        return _insert_all(request, actor), True
    except IntegrityError:
        if job := repeated(request.idempotency_key, request.body, actor):  # the same key came twice at once
            return job, False
        raise


@transaction.atomic
def _insert_all(request: Request, actor: User) -> Job:
    whole = list(request.whole())
    models = {given.pk for one in whole for given in one.inputs.values() if isinstance(given, ModelVersion)}
    earlier = {job for one in whole for job in one.after}
    stages = lock(earlier, models) if earlier else lock_versions(models)
    _as_locked(whole, stages)
    keep_data({given.pk for one in whole for given in one.inputs.values() if isinstance(given, DatasetVersion)})
    _keep_windows({one.window.pk for one in whole if one.window})
    return _insert(request, actor, in_force(request.project.pk))


def _as_locked(whole: Iterable[Request], stages: Mapping[UUID, str]) -> None:
    """A model on which somebody decided between its look-up and its lock is read anew."""
    for given in (given for one in whole for given in one.inputs.values() if isinstance(given, ModelVersion)):
        if stages.get(given.pk) != given.stage:
            given.refresh_from_db()


def _keep_windows(windows: set[UUID]) -> None:
    """Let nobody take these windows away before this transaction has ended; NotFound where somebody has."""
    rows = Window.objects.select_for_update(no_key=True).filter(pk__in=windows).order_by("pk")
    if windows and windows - set(rows.values_list("pk", flat=True)):
        raise NotFound(field="window")


def _insert(request: Request, actor: User, rules: Sequence[Policy]) -> Job:
    holds = policing.check(request, rules)
    job = _row(request, actor)
    insert(job)
    inputs = [_input(job, role, given, request.named.get(role, "")) for role, given in request.inputs.items()]
    after = [JobAfter(job=job, earlier_id=earlier) for earlier in request.after]
    for row in (*inputs, *after):
        insert(row)
    if (holds or _may_be_held(request)) and (held := _held(job, request, actor, rules)):
        stands = {"state": State.HELD, "state_reason": held}
        Job.objects.filter(pk=job.pk).update(**stands)
        job.refresh_from_db(fields=list(stands))
    _record(job, request, actor)
    then = []
    for place, following in enumerate(request.then):
        with within(f"then[{place}]"):
            then.append(JobAfter(job=_insert(following, actor, rules), earlier=job))
    job.written = {"inputs": inputs, "comes_after": after, "followed_by": then}
    return job


def _held(job: Job, request: Request, actor: User, rules: Sequence[Policy]) -> str:
    """What holds a job that is being submitted; where it waits for no other, its inputs are known already."""
    if request.after or any(isinstance(one, Promise) for one in request.inputs.values()):
        return settle(job, rules)
    return hold_reason(request.kind, request.inputs, actor) or policing.hold(job, request.inputs, rules)


def _row(request: Request, actor: User) -> Job:
    """The job as it stands in the queue, not yet written."""
    now = clock.now()
    job = Job(
        pk=request.id,
        project=request.project,
        kind=request.kind,
        name=request.name,
        state_reason=waiting_reason(request.window, now) or FREE,
        queue=queue_name(request.queue),
        priority=request.priority,
        window=request.window,
        seed=request.seed or str(secrets.randbits(63)),
        family=request.family,
        params=dict(request.params),
        asks_for=request.asks_for,
        schema_digest=request.schema_digest,
        batch_key=batch_key(request),
        purpose=request.purpose,
        intended_use=request.intended_use,
        submitted_by=actor,
        idempotency_key=request.idempotency_key,
        body_digest=body_digest(request.body),
        created_at=now,
    )
    job.forecast = at_submission(job, now, request.upload_bytes)
    if request.warnings:
        job.forecast |= {"warnings": list(request.warnings)}
    return job


def _may_be_held(request: Request) -> bool:
    """Whether it waits for a job or a model, where no policy can hold it. Data and uploads are ready or refused."""
    return bool(request.after) or any(isinstance(one, ModelVersion | Promise) for one in request.inputs.values())


def _record(job: Job, request: Request, actor: User) -> None:
    said = {"state": job.state, "reason": job.state_reason}
    insert(JobEvent(job=job, type="state", at=job.created_at, data=said))
    detail = {"kind": job.kind, "family": job.family, "params": job.params, "purpose": job.purpose}
    after = {"after": [str(one) for one in request.after]} if request.after else {}
    after |= {"window": request.window.name} if request.window else {}
    after |= {"models": _resolved(request)} if request.named else {}
    subject = ("job", str(job.pk))
    append(actor=actor.username, verb="job.submitted", subject=subject, project=job.project_id, detail=detail | after)
    if job.state == State.QUEUED:
        transaction.on_commit(partial(wake.wake, job.queue), robust=True)


def _resolved(request: Request) -> dict[str, dict[str, str]]:
    """By role: what a body said of a model, and the version that it became."""
    return {
        role: {"said": said, "model_version": str(given.pk)}
        for role, said in request.named.items()
        if isinstance(given := request.inputs[role], ModelVersion)
    }


def _input(job: Job, role: str, given: Given, named: str = "") -> JobInput:
    if isinstance(given, DatasetVersion):
        return JobInput(job=job, role=role, dataset_version=given)
    if isinstance(given, ModelVersion):
        return JobInput(job=job, role=role, model_version=given, named=named)
    if isinstance(given, Promise):
        return JobInput(job=job, role=role, from_job_id=given.job_id)
    return JobInput(job=job, role=role, upload_sha256=given.sha256, upload_name=given.name[:255])
