"""The verbs on legal holds: a reviewer sets one with its reason, another person lifts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Project, Role, User
from accounts.services import require, visible_projects
from audit.services import append
from catalog.models import Dataset, ModelVersion
from catalog.stages import FourEyes
from config import clock
from jobs.models import Job
from lineage.coverage import Covered, covered, keep_holds
from lineage.models import Artifact, LegalHold
from models_store.errors import Conflict, InvalidInput, NotFound
from models_store.ids import is_uuid

LONGEST = 4000
SUBJECTS: dict[str, tuple[Callable[[], QuerySet[Any]], str]] = {  # kind -> rows, and the way to the project
    "project": (Project.objects.all, "pk"),
    "dataset": (Dataset.objects.all, "project"),
    "model_version": (lambda: ModelVersion.objects.select_related("model"), "model__project"),
    "job": (Job.objects.all, "project"),
    "artifact": (lambda: Artifact.objects.select_related("job"), "project"),
}


class HeldForLaw(Conflict):
    """It is under a legal hold: nothing of it is deleted before that is lifted."""

    code = "legal_hold"


def hold_rows() -> QuerySet[LegalHold]:
    """Holds with what their body says."""
    return LegalHold.objects.select_related("project", "set_by", "lifted_by")


@transaction.atomic
def set_hold(kind: str, subject_id: str, *, reason: str, actor: User) -> LegalHold:
    """Keep something, what it was made of and what was made of it, until another person lifts this."""
    subject, project = found(kind, subject_id, actor)
    require(actor, project, Role.REVIEWER)
    reason = _text("reason", reason)
    keep_holds(project.pk)
    try:
        with transaction.atomic():
            hold = LegalHold.objects.create(
                project=project, subject_kind=kind, subject_id=str(subject.pk), reason=reason, set_by=actor,
                set_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as there:
        raise Conflict("It is under a legal hold already.", code="held_already", field="subject") from there
    _record("hold.set", hold, actor, reason)
    return hold


@transaction.atomic
def lift_hold(hold: LegalHold, *, comment: str, actor: User) -> LegalHold:
    """Let it go; never by who set it, superuser or not."""
    require(actor, hold.project, Role.REVIEWER)
    if actor.pk == hold.set_by_id:
        raise FourEyes("A second person must lift it: you set this legal hold.")
    comment = _text("comment", comment)
    said = {"lifted_by": actor, "lifted_at": clock.now(), "comment": comment}
    if not LegalHold.objects.filter(pk=hold.pk, lifted_at=None).update(**said):
        raise Conflict("The legal hold was lifted already.", code="illegal_transition")
    _record("hold.lifted", hold, actor, comment)
    return hold_rows().get(pk=hold.pk)


def found(kind: str, subject_id: str, user: User) -> tuple[Any, Project]:
    """The row that a hold speaks of and its project, as far as the person may see it."""
    if kind not in SUBJECTS:
        raise InvalidInput(
            f"Nothing of kind {kind!r} can be held.", field="subject_kind", expected=list(SUBJECTS), got=kind
        )
    rows, way = SUBJECTS[kind]
    mine = rows().filter(**{f"{way}__in": visible_projects(user)})
    row = mine.filter(pk=subject_id).first() if is_uuid(subject_id) else None
    if row is None:
        raise NotFound(f"There is no {kind} {subject_id!r} that you may see.", field="subject", got=subject_id)
    project = row if kind == "project" else row.model.project if kind == "model_version" else row.project
    return row, project


def holds_on(kind: str, subject_id: Any) -> list[LegalHold]:
    """The holds in force that were set on this very thing."""
    return list(hold_rows().filter(subject_kind=kind, subject_id=str(subject_id), lifted_at=None))


def require_free(dataset: Dataset) -> None:
    """HeldForLaw where a hold reaches this data set, whatever it was set on."""
    reached: Covered = covered(dataset.project_id)
    if reached.everything or dataset.pk in reached.datasets:
        raise HeldForLaw(field="dataset", got=dataset.name)


def _text(field: str, said: Any) -> str:
    if not isinstance(said, str) or not said.strip() or len(said) > LONGEST:
        raise InvalidInput("Say why.", field=field, expected=f"a text of at most {LONGEST} characters", got=said)
    return said.strip()


def _record(verb: str, hold: LegalHold, actor: User, why: str) -> None:
    append(
        actor=actor.username,
        verb=verb,
        subject=(hold.subject_kind, hold.subject_id),
        project=hold.project_id,
        detail={"hold": str(hold.pk), "reason": why},
    )
