"""The stages of a model version: who may move it where. Four eyes hold for superusers too."""

from __future__ import annotations

from django.db import transaction

from accounts.hands import hands_of
from accounts.models import Role, User
from accounts.services import require
from audit import reviews
from audit.models import Review
from audit.reasons import checked_reason
from catalog.models import ModelVersion, Stage
from config import clock
from models_store.errors import Conflict, Forbidden, InvalidInput

MOVES: dict[str, tuple[str, tuple[str, ...]]] = {
    "approve": (Stage.APPROVED, (Stage.DRAFT, Stage.REJECTED)),
    "confirm": (Stage.APPROVED, (Stage.APPROVED,)),  # after a model that it was trained on from was revoked
    "reject": (Stage.REJECTED, (Stage.DRAFT,)),
    "retire": (Stage.RETIRED, (Stage.APPROVED,)),
    "revoke": (Stage.REVOKED, (Stage.DRAFT, Stage.APPROVED, Stage.REJECTED, Stage.RETIRED)),
}
USABLE = (Stage.DRAFT, Stage.APPROVED)  # by jobs; a draft by those of its submitter alone
FOUR_EYES = ("approve", "reject", "confirm")  # a second person decides these


class FourEyes(Forbidden):
    """Whoever submitted the training or declared its data cannot decide on the model."""

    code = "four_eyes"


def submitters(version: ModelVersion) -> set[int]:
    """Everybody whose own work the version is: who trained it, who declared and uploaded the data."""
    people = {version.created_by_id}
    if data := version.dataset_version:
        people |= {data.created_by_id, data.dataset.created_by_id}
    return people


@transaction.atomic
def decide(version: ModelVersion, decision: str, *, actor: User, comment: str = "") -> Review:
    """Approve, reject, retire or revoke a model version; the review and an audit event say who and why."""
    comment = _check(version, decision, actor, comment)
    to, sources = MOVES[decision]
    facts = {"stage": to, "decided_by": actor, "decided_at": clock.now(), "comment": comment}
    if not ModelVersion.objects.filter(pk=version.pk, stage__in=sources).update(**facts):
        version.refresh_from_db(fields=["stage"])
        raise Conflict(
            f"A version that is {version.stage} cannot become {to}.", code="illegal_transition",
            expected=[str(stage) for stage in sources], got=version.stage,
        )  # fmt: skip
    review = _record(version, decision, actor, comment)
    version.refresh_from_db()
    return review


def _check(version: ModelVersion, decision: str, actor: User, comment: str) -> str:
    """Whether this person may decide so, and the comment; the stage is looked at by the UPDATE alone."""
    if decision not in MOVES:
        raise InvalidInput(
            f"There is no decision {decision!r}.", field="decision", expected=sorted(MOVES), got=decision
        )
    require(actor, version.model.project, Role.REVIEWER)
    if decision in FOUR_EYES and hands_of(actor) & submitters(version):
        raise FourEyes("A second person must decide: you trained this model or brought its data.")
    return checked_reason(comment, "comment", required=decision in ("reject", "revoke"))


def _record(version: ModelVersion, decision: str, actor: User, comment: str) -> Review:
    return reviews.record(
        ("model_version", str(version.pk)),
        project=version.model.project_id,
        reviewer=actor.username,
        decision=decision,
        verb="model_version.confirmed" if decision == "confirm" else f"model_version.{MOVES[decision][0]}",
        comment=comment,
        detail={"model": version.model.name, "version": version.number},
    )
