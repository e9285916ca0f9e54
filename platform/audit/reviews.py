"""What waits for a person's decision, and the decision: asked for, recorded once, or no longer needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from audit.models import AuditEvent, Review, ReviewRequest
from audit.services import append
from config import clock
from models_store.errors import Conflict

Subject = tuple[str, str]  # kind and id


class AlreadyDecided(Conflict):
    """Somebody else decided on this first, or it no longer waits for anybody."""

    code = "already_decided"


def waiting(subject: Subject) -> ReviewRequest | None:
    """The open request on something, if there is one."""
    return _open(subject).first()


@transaction.atomic
def ask(subject: Subject, *, project: UUID, why: str = "", policy: str = "", actor: str = "") -> ReviewRequest:
    """Put something before the reviewers of a project; asking while it waits already changes nothing."""
    request, new = ReviewRequest.objects.get_or_create(
        subject_kind=subject[0],
        subject_id=subject[1],
        closed_at=None,
        defaults={"project_id": project, "why": why, "policy": policy, "asked_by": actor, "asked_at": clock.now()},
    )
    if new:
        said = {"policy": policy, "why": why}
        append(actor=actor, verb="review.asked", subject=subject, project=project, detail=said)
    return request


def record(subject: Subject, **said: Any) -> Review:
    """Keep a decision, as `recorded` does."""
    return recorded(subject, **said)[0]


@transaction.atomic
def recorded(
    subject: Subject,
    *,
    project: UUID,
    reviewer: str,
    decision: str,
    verb: str,
    comment: str = "",
    detail: Mapping[str, Any] | None = None,
    waits: bool = False,
    at: datetime | None = None,
) -> tuple[Review, AuditEvent]:
    """Keep a decision and close the open request on the same thing; the review, and the event of the log.

    Where it `waits` there has to be one: of two who decide at once the second meets AlreadyDecided.
    """
    now = at or clock.now()
    review = Review.objects.create(
        subject_kind=subject[0], subject_id=subject[1], project_id=project, reviewer=reviewer, decision=decision,
        comment=comment, at=now,
    )  # fmt: skip
    closed = _open(subject).update(closed_at=now, review=review)
    if waits and not closed:
        raise AlreadyDecided(field="decision", got=decision)
    said = {"comment": comment, **(detail or {})}
    return review, append(actor=reviewer, verb=verb, subject=subject, project=project, detail=said, at=at)


def close(subject: Subject, review: Review | None = None) -> bool:
    """It needs no decision any more (because of this `review`); whether it had waited for one."""
    return bool(_open(subject).update(closed_at=clock.now(), review=review))


def newest(kind: str, ids: Iterable[str]) -> dict[str, str]:
    """The newest decision on each of these; what nobody decided on is left out."""
    rows = Review.objects.filter(subject_kind=kind, subject_id__in=list(ids)).order_by("at", "id")
    return dict(rows.values_list("subject_id", "decision"))


def _open(subject: Subject) -> QuerySet[ReviewRequest]:
    return ReviewRequest.objects.filter(subject_kind=subject[0], subject_id=subject[1], closed_at=None)
