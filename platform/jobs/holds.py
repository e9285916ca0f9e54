"""What holds a job back until a person decides, and what lets it go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from audit.services import append
from catalog import stages
from catalog.models import ModelVersion, Stage
from jobs.models import Job, State
from jobs.transitions import IllegalTransition, move
from models_store.errors import Conflict

NEEDS_APPROVAL = "held: needs approval of {model} by a second person (a reviewer of the project)"
STOPPABLE = (State.HELD, State.QUEUED, State.PAUSED)


class ModelUnusable(Conflict):
    """The model version was rejected, retired or revoked; no new job may use it."""

    code = "model_unusable"


def hold_reason(kind: str, inputs: Mapping[str, Any], actor: User) -> str:
    """Why a new job has to wait for a person; "" when it need not. A draft generates for its submitter only."""
    version = inputs.get("model")
    if not isinstance(version, ModelVersion) or kind != "generate":
        return ""
    if version.stage in (Stage.REJECTED, Stage.RETIRED, Stage.REVOKED):
        raise ModelUnusable(
            f"{version} is {version.stage}.", field="model_version", expected="approved", got=version.stage
        )
    if version.stage == Stage.DRAFT and version.created_by_id != actor.pk:
        return NEEDS_APPROVAL.format(model=version)
    return ""


def hold_again(job: Job) -> str:
    """The same for a job that is to go on after it was paused or has ended: the model may stand elsewhere by now."""
    rows = job.inputs.filter(model_version__isnull=False).select_related("model_version__model")
    return hold_reason(job.kind, {row.role: row.model_version for row in rows}, job.submitted_by)


@transaction.atomic
def decide_model(version: ModelVersion, decision: str, *, actor: User, comment: str = "") -> ModelVersion:
    """Decide on a model version: releases or ends the jobs that waited for it; a bad one stops what still uses it."""
    version = stages.decide(version, decision, actor=actor, comment=comment)
    uses = Job.objects.filter(kind="generate", inputs__model_version=version)
    if version.stage == Stage.APPROVED:
        _release(uses.filter(state=State.HELD), f"{version} was approved", actor)
    elif version.stage == Stage.RETIRED:
        _end(uses.filter(state=State.HELD), f"{version} was {version.stage}: {comment}", actor)
    else:
        said = f"{version} was {version.stage}: {comment}"
        _end(uses.filter(state__in=STOPPABLE), said, actor)
        _stop(uses.filter(state=State.RUNNING), said, actor)
    return version


def _release(jobs: QuerySet[Job], said: str, actor: User) -> None:
    for job in jobs:
        try:
            move(job.pk, State.QUEUED, actor=actor.username, reason=said, sources=(State.HELD,))
        except IllegalTransition:  # cancelled meanwhile
            continue


def _end(jobs: QuerySet[Job], said: str, actor: User) -> None:
    ended = {"error_code": ModelUnusable.code, "error_detail": said}
    for job in jobs:
        try:
            move(job.pk, State.FAILED, actor=actor.username, reason=said, sources=STOPPABLE, **ended)
        except IllegalTransition:  # cancelled meanwhile
            continue


def _stop(jobs: QuerySet[Job], said: str, actor: User) -> None:
    """Ask running jobs to leave between two steps; what they made until then stays."""
    for job in jobs:
        if Job.objects.filter(pk=job.pk, state=State.RUNNING).update(wants="cancel", state_reason=said):
            subject = ("job", str(job.pk))
            append(actor=actor.username, verb="job.cancel_asked", subject=subject, project=job.project_id)
