"""The verbs on single artifacts: any member flags one, a reviewer lets it stand or withdraws it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.hands import hands_of
from accounts.models import Role, User
from accounts.services import holds, require, require_member
from audit import reviews
from audit.models import Review, ReviewRequest
from audit.reasons import checked_reason
from audit.services import append
from catalog.models import Stage
from catalog.stages import FourEyes
from config import clock
from jobs.models import Job
from lineage.consequences import revocations_of, taken_back, withdrawal_of, withdrawn_as
from lineage.models import Artifact, Flag, Withdrawal
from models_store.errors import Conflict, InvalidInput, ProductError

DECISIONS = {"approve": "kept", "withdraw": "withdrawn"}
FLAGGED = "a member of the project flagged it"


class Withdrawn(ProductError):
    """It was withdrawn."""

    code, http_status = "withdrawn", 410


class WithdrawnAlready(Conflict):
    """It was withdrawn already."""

    code = "withdrawn_already"


@transaction.atomic
def flag(artifact: Artifact, reason: str, *, actor: User) -> Flag:
    """Say that something is wrong with an artifact; it then waits for a reviewer."""
    require_member(actor, artifact.project)
    said = checked_reason(reason, "reason")
    made = Flag.objects.create(artifact=artifact, reason=said, flagged_by=actor, at=clock.now())
    subject = ("artifact", str(artifact.pk))
    append(
        actor=actor.username, verb="artifact.flagged", subject=subject, project=artifact.project_id,
        detail={"reason": said},
    )  # fmt: skip
    reviews.ask(subject, project=artifact.project_id, why=FLAGGED, actor=actor.username)
    return made


@transaction.atomic
def decide_artifact(artifact: Artifact, decision: str, *, actor: User, comment: str = "") -> Review:
    """Let an artifact that waits for a review stand, or withdraw one, which needs a reason.

    Whoever submitted its job may withdraw it, as a model may be revoked by whoever trained it, and lets nothing stand.
    """
    if decision not in DECISIONS:
        raise InvalidInput(
            f"There is no decision {decision!r}.", field="decision", expected=sorted(DECISIONS), got=decision
        )
    require(actor, artifact.project, Role.REVIEWER)
    if decision != "withdraw" and artifact.job.submitted_by_id in hands_of(actor):
        raise FourEyes("A second person must decide: you made this artifact.")
    comment = checked_reason(comment, "comment", required=decision == "withdraw")
    if decision == "withdraw":
        _withdraw(artifact, comment, actor)
    return reviews.record(
        ("artifact", str(artifact.pk)),
        project=artifact.project_id,
        reviewer=actor.username,
        decision=decision,
        verb=f"artifact.{DECISIONS[decision]}",
        comment=comment,
        waits=decision == "approve",
    )


def _withdraw(artifact: Artifact, because: str, actor: User) -> None:
    said = {"job_id": artifact.job_id, "because": because, "withdrawn_by": actor, "at": clock.now()}
    try:
        with transaction.atomic():
            Withdrawal.objects.create(artifact=artifact, **said)
    except IntegrityError as twice:
        raise WithdrawnAlready(field="decision", got="withdraw") from twice


def require_shown(artifact: Artifact, reader: User) -> None:
    """Raise Withdrawn where its content is not for this person: reviewers of the project may still look."""
    gone = withdrawn_as(artifact)
    if gone and not holds(reader, artifact.project, Role.REVIEWER):
        raise Withdrawn(taken_back(gone))


def require_all_shown(job: Job, reader: User) -> None:
    """The same for what holds all artifacts of a job."""
    if not shows_all(job, reader):
        raise Withdrawn(
            "Artifacts of this job were withdrawn, and its archive and sheet show them: fetch the others one by one."
        )


def shows_all(job: Job, reader: User) -> bool:
    """Whether no artifact of a job is kept from this person; one query where none was withdrawn."""
    return not Withdrawal.objects.filter(job=job).exists() or holds(reader, job.project, Role.REVIEWER)


def hidden(artifacts: Iterable[Artifact], reader: User) -> set[UUID]:
    """Which of these were withdrawn and are not for this person; they were selected with `withdrawal` and `project`."""
    gone = [one for one in artifacts if withdrawal_of(one)]
    projects = {one.project_id: one.project for one in gone}
    may = {pk: holds(reader, project, Role.REVIEWER) for pk, project in projects.items()}
    return {one.pk for one in gone if not may[one.project_id]}


def nothing_against(artifact: Artifact) -> bool:
    """Whether nobody is kept from its bytes, its model was not revoked, and nobody is to decide on it."""
    doubtful = withdrawal_of(artifact) or artifact.model_version.stage == Stage.REVOKED
    return not doubtful and reviews.waiting(("artifact", str(artifact.pk))) is None


def nothing_against_all(job: Job) -> bool:
    """The same for what holds all artifacts of a job."""
    if Withdrawal.objects.filter(job=job).exists() or revocations_of(job):
        return False
    open_ = ReviewRequest.objects.filter(project_id=job.project_id, closed_at=None)
    if open_.filter(subject_kind="job", subject_id=str(job.pk)).exists():
        return False
    asked = list(open_.filter(subject_kind="artifact").values_list("subject_id", flat=True))
    return not Artifact.objects.filter(pk__in=asked, job=job).exists()
