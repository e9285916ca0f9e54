"""What holds a job back until a person decides, and what lets it go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from catalog import stages
from catalog.models import ModelVersion, Stage
from jobs.models import Job, State
from jobs.transitions import IllegalTransition, move
from models_store.errors import Conflict

NEEDS_APPROVAL = "held: needs approval of {model} by a second person (a reviewer of the project)"


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


@transaction.atomic
def decide_model(version: ModelVersion, decision: str, *, actor: User, comment: str = "") -> ModelVersion:
    """Decide on a model version, and release or end the jobs that waited for it."""
    version = stages.decide(version, decision, actor=actor, comment=comment)
    for job in Job.objects.filter(state=State.HELD, inputs__model_version=version):
        try:
            if version.stage == Stage.APPROVED:
                move(
                    job.pk, State.QUEUED, actor=actor.username, reason=f"{version} was approved", sources=(State.HELD,)
                )
            else:
                said = f"{version} was {version.stage}: {comment}"
                move(
                    job.pk,
                    State.FAILED,
                    actor=actor.username,
                    reason=said,
                    sources=(State.HELD,),
                    error_code="model_unusable",
                    error_detail=said,
                )
        except IllegalTransition:  # cancelled meanwhile
            continue
    return version
