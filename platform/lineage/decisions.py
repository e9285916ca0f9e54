"""One way to decide on anything that waits for a person, whatever kind of thing it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import models, transaction

from accounts.models import User
from accounts.services import visible_projects
from audit import reviews
from audit.models import Review, ReviewRequest
from catalog.aliases import decide_alias
from catalog.models import Alias, DatasetVersion, ModelVersion
from jobs.holds import decide_data, decide_job, decide_model
from jobs.models import Job
from lineage.flags import decide_artifact
from lineage.models import Artifact
from models_store.errors import InvalidInput, NotFound
from models_store.ids import is_uuid

Kind = tuple[type[models.Model], str, tuple[str, ...], Callable[..., Any]]
KINDS: Mapping[str, Kind] = {  # model, the way to its project, what is selected with it, the verb
    "dataset_version": (DatasetVersion, "dataset__project", ("dataset__project", "created_by"), decide_data),
    "model_version": (
        ModelVersion, "model__project", ("model__project", "dataset_version__dataset", "created_by"), decide_model,
    ),
    "job": (Job, "project", ("project", "submitted_by"), decide_job),
    "artifact": (
        Artifact, "project", ("project", "job__submitted_by", "model_version__model", "withdrawal"), decide_artifact,
    ),
    "alias": (Alias, "model__project", ("model__project", "version__model"), decide_alias),
}  # fmt: skip


def subject_for(user: User, kind: str, subject_id: str) -> Any:
    """The thing of that kind and id, as far as the person may see it."""
    if kind not in KINDS:
        raise InvalidInput("Nothing of that kind is reviewed.", field="subject_kind", expected=sorted(KINDS), got=kind)
    model, path, related, _ = KINDS[kind]
    mine = model._default_manager.filter(**{f"{path}__in": visible_projects(user)}).select_related(*related)
    found = mine.filter(pk=subject_id).first() if is_uuid(subject_id) else None
    if found is None:
        raise NotFound(field="subject", got=subject_id)
    return found


@transaction.atomic
def decide(kind: str, subject_id: str, decision: str, *, actor: User, comment: str = "") -> Review:
    """Approve, reject, withdraw, ...: what its kind knows; the rules are those of its verb."""
    subject = subject_for(actor, kind, subject_id)
    KINDS[kind][3](subject, decision, actor=actor, comment=comment)
    mine = Review.objects.filter(subject_kind=kind, subject_id=str(subject.pk), reviewer=actor.username)
    return mine.latest("at", "id")


def answer(request_id: UUID | str, decision: str, *, actor: User, comment: str = "") -> Review:
    """Decide on what a request speaks of; AlreadyDecided where it no longer waits."""
    request = ReviewRequest.objects.filter(pk=request_id, project_id__in=visible_projects(actor)).first()
    if request is None:
        raise NotFound(field="request", got=str(request_id))
    if request.closed_at is not None:
        raise reviews.AlreadyDecided(field="decision", got=decision)
    return decide(request.subject_kind, request.subject_id, decision, actor=actor, comment=comment)
