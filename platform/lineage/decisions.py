"""One way to decide on anything that waits for a person, whatever kind of thing it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.services import visible_projects
from audit import reviews
from audit.models import Review, ReviewRequest
from catalog.aliases import decide_alias
from jobs.holds import decide_data, decide_job, decide_model
from lineage.flags import decide_artifact
from lineage.subjects import subject_for
from models_store.errors import InvalidInput, NotFound
from models_store.ids import is_uuid

VERBS: Mapping[str, Callable[..., Review]] = {
    "dataset_version": decide_data,
    "model_version": decide_model,
    "job": decide_job,
    "artifact": decide_artifact,
    "alias": decide_alias,
}


@transaction.atomic
def decide(kind: str, subject_id: str, decision: str, *, actor: User, comment: str = "") -> Review:
    """Approve, reject, withdraw, ...: what its kind knows; the rules are those of its verb."""
    if kind not in VERBS:
        raise InvalidInput("Nothing of that kind is reviewed.", field="subject_kind", expected=sorted(VERBS), got=kind)
    return VERBS[kind](subject_for(actor, kind, subject_id), decision, actor=actor, comment=comment)


def answer(request_id: UUID | str, decision: str, *, actor: User, comment: str = "") -> Review:
    """Decide on what a request speaks of; AlreadyDecided where it no longer waits."""
    mine = ReviewRequest.objects.filter(project_id__in=visible_projects(actor))
    request = mine.filter(pk=request_id).first() if is_uuid(str(request_id)) else None
    if request is None:
        raise NotFound(field="request", got=str(request_id))
    if request.closed_at is not None:
        raise reviews.AlreadyDecided(field="decision", got=decision)
    return decide(request.subject_kind, request.subject_id, decision, actor=actor, comment=comment)
