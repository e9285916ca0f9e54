"""A second person's decision on a data set version: whether its declaration is complete and its licence allows it."""

from __future__ import annotations

from django.db import transaction

from accounts.hands import hands_of
from accounts.models import Role, User
from accounts.services import require
from audit import reviews
from audit.models import Review
from audit.reasons import checked_reason
from catalog.models import DatasetVersion, VersionState
from catalog.stages import FourEyes
from models_store.errors import Conflict, InvalidInput

DECISIONS = {"approve": "approved", "reject": "rejected"}


@transaction.atomic
def decide_data(version: DatasetVersion, decision: str, *, actor: User, comment: str = "") -> Review:
    """Approve or reject a version that is ready; a later decision replaces it, the same one again is a Conflict."""
    if decision not in DECISIONS:
        raise InvalidInput(
            f"There is no decision {decision!r}.", field="decision", expected=sorted(DECISIONS), got=decision
        )
    project = version.dataset.project
    require(actor, project, Role.REVIEWER)
    if hands_of(actor) & {version.created_by_id, version.dataset.created_by_id}:
        raise FourEyes("A second person must decide: you declared or brought these data.")
    comment = checked_reason(comment, "comment", required=decision == "reject")
    state = DatasetVersion.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=version.pk)
    if state != VersionState.READY:
        raise Conflict(f"{version} is {state}.", code="dataset_not_ready", expected="ready", got=state)
    if standing(version) == decision:
        raise reviews.AlreadyDecided(field="decision", got=decision)
    return reviews.record(
        ("dataset_version", str(version.pk)),
        project=project.pk,
        reviewer=actor.username,
        decision=decision,
        verb=f"dataset_version.{DECISIONS[decision]}",
        comment=comment,
        detail={"dataset": version.dataset.name, "version": str(version.number)},
    )


def standing(version: DatasetVersion) -> str:
    """The newest decision on it; "" where nobody decided."""
    return reviews.newest("dataset_version", [str(version.pk)]).get(str(version.pk), "")
