"""The verbs on legal holds: a reviewer sets one with its reason, another person lifts it."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Role, User
from accounts.services import require
from audit.reasons import checked_reason
from audit.services import append
from catalog.models import Dataset
from catalog.stages import FourEyes
from config import clock
from lineage.coverage import Covered, keep_holds, reach
from lineage.models import LegalHold
from lineage.subjects import project_of, subject_for
from models_store.errors import Conflict, InvalidInput

KINDS = ("project", "dataset", "model_version", "job", "artifact")  # that can be held


class HeldForLaw(Conflict):
    """It is under a legal hold: nothing of it is deleted before that is lifted."""

    code = "legal_hold"


def hold_rows() -> QuerySet[LegalHold]:
    """Holds with what their body says."""
    return LegalHold.objects.select_related("project", "set_by", "lifted_by")


@transaction.atomic
def set_hold(kind: str, subject_id: str, *, reason: str, actor: User) -> LegalHold:
    """Keep something, what it was made of and what was made of it, until another person lifts this."""
    if kind not in KINDS:
        raise InvalidInput(
            f"Nothing of kind {kind!r} can be held.", field="subject_kind", expected=list(KINDS), got=kind
        )
    subject = subject_for(actor, kind, subject_id)
    project = project_of(kind, subject)
    require(actor, project, Role.REVIEWER)
    reason = checked_reason(reason, "reason")
    keep_holds(project.pk)
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(
                project=project, subject_kind=kind, subject_id=str(subject.pk), reason=reason, set_by=actor,
                set_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as there:
        raise Conflict("It is under a legal hold already.", code="held_already", field="subject") from there
    _record("legal_hold.set", hold, actor, reason)
    return hold


@transaction.atomic
def lift_hold(hold: LegalHold, *, comment: str, actor: User) -> LegalHold:
    """Let it go; never by who set it, superuser or not."""
    require(actor, hold.project, Role.REVIEWER)
    if actor.pk == hold.set_by_id:
        raise FourEyes("A second person must lift it: you set this legal hold.")
    comment = checked_reason(comment, "comment")
    said = {"lifted_by": actor, "lifted_at": clock.now(), "comment": comment}
    if not LegalHold.objects.filter(pk=hold.pk, lifted_at=None).update(**said):
        raise Conflict("The legal hold was lifted already.", code="illegal_transition")
    _record("legal_hold.lifted", hold, actor, comment)
    return hold_rows().get(pk=hold.pk)


def holds_on(kind: str, subject_id: Any) -> list[LegalHold]:
    """The holds in force that were set on this very thing."""
    return list(hold_rows().filter(subject_kind=kind, subject_id=str(subject_id), lifted_at=None))


def require_free(dataset: Dataset) -> None:
    """HeldForLaw, which names the oldest hold that reaches this data set, whatever that was set on."""
    for hold in hold_rows().filter(project=dataset.project_id, lifted_at=None).order_by("set_at"):
        reached = reach(Covered(), hold)
        if reached.everything or dataset.pk in reached.datasets:
            raise HeldForLaw(
                f"It is under a legal hold, set by {hold.set_by} on {hold.set_at:%Y-%m-%d} ({hold.reason}): nothing of "
                "it is deleted before that is lifted.",
                field="dataset", got=dataset.name, legal_hold=str(hold.pk),
            )  # fmt: skip


def _record(verb: str, hold: LegalHold, actor: User, why: str) -> None:
    append(
        actor=actor.username,
        verb=verb,
        subject=(hold.subject_kind, hold.subject_id),
        project=hold.project_id,
        detail={"hold": str(hold.pk), "reason": why},
    )
