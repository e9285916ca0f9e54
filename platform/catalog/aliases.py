"""The verbs on aliases: somebody proposes what a name shall stand for, another person approves or rejects it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.hands import hands_of
from accounts.models import Role, User
from accounts.services import require
from audit import reviews
from audit.models import AuditEvent, Review
from audit.reasons import checked_reason
from audit.services import append
from catalog.alias_models import Alias, AliasMove, MoveState
from catalog.models import Model, ModelVersion, Stage
from catalog.stages import FourEyes, submitters
from config import clock
from models_store.errors import Conflict, Forbidden, InvalidInput

NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,62}[a-z0-9])?")
A_NUMBER = re.compile(r"v?[0-9]+")
EXPECTED = "1 to 64 small letters, digits, - and _, and not a number"
DECISIONS = ("approve", "reject")


class NotApproved(Conflict):
    """An alias stands for approved versions only."""

    code = "not_approved"


class AlreadyProposed(Conflict):
    """A proposal for this alias waits for a decision: decide on it first."""

    code = "already_proposed"


def alias_rows() -> QuerySet[Alias]:
    """Aliases with what their body says."""
    return Alias.objects.select_related("model__project", "version__model")


def move_rows() -> QuerySet[AliasMove]:
    """Moves with what their body says."""
    related = ("alias__model__project", "version__model", "before__model", "proposed_by", "decided_by", "event__detail")
    return AliasMove.objects.select_related(*related)


def checked_name(said: Any) -> str:
    """A name that cannot be taken for a version's number."""
    if not isinstance(said, str) or not NAME.fullmatch(said) or A_NUMBER.fullmatch(said):
        raise InvalidInput("An alias is a short word.", field="name", expected=EXPECTED, got=said)
    return said


@transaction.atomic
def propose(model: Model, name: Any, version: ModelVersion | None, *, actor: User, reason: str = "") -> AliasMove:
    """Ask for an alias to stand for an approved version of its model, or (None) for nothing any more."""
    require(actor, model.project, Role.SUBMITTER)
    name, reason = checked_name(name), checked_reason(reason, "reason", required=False)
    if version is None:
        alias = Alias.objects.filter(model=model, name=name).exclude(version=None).first()
        if alias is None:
            said = f"{model.name} has no alias {name!r}."
            raise InvalidInput(said, code="unknown_alias", field="name", expected=names_of(model), got=name)
    else:
        _check_version(model, version)
        alias, _new = Alias.objects.get_or_create(model=model, name=name, defaults={"created_at": clock.now()})
    if version is not None and alias.version_id == version.pk:
        raise Conflict(f"{alias} stands for {version} already.", field="version", got=version.number)
    move = _proposed(alias, version, actor, reason)
    detail = _facts(move) | {"reason": move.reason}
    subject = ("alias", str(alias.pk))
    append(
        actor=actor.username, verb="alias.proposed", subject=subject, project=model.project_id, detail=detail,
        at=move.proposed_at,
    )  # fmt: skip
    wanted = f"{alias} is to stand for {version or 'nothing'}"
    reviews.ask(subject, project=model.project_id, why=wanted, actor=actor.username)
    return move


@transaction.atomic
def decide_alias(alias: Alias, decision: str, *, actor: User, comment: str = "") -> Review:
    """Approve or reject the proposal that waits; never by who proposed it, nor by anybody whose own model it is."""
    if decision not in DECISIONS:
        raise InvalidInput(
            f"There is no decision {decision!r}.", field="decision", expected=list(DECISIONS), got=decision
        )
    require(actor, alias.model.project, Role.REVIEWER)
    move = open_move(alias)
    if hands_of(actor) & barred(move):
        raise FourEyes("A second person must decide: you proposed this, trained the model or brought its data.")
    comment = checked_reason(comment, "comment", required=decision == "reject")
    return (_approve if decision == "approve" else _reject)(move, actor, comment)


def _approve(move: AliasMove, actor: User, comment: str) -> Review:
    """From now on the alias stands for what was proposed."""
    version = move.version_id and ModelVersion.objects.select_for_update(no_key=True).get(pk=move.version_id)
    alias = Alias.objects.select_for_update(no_key=True).get(pk=move.alias_id)  # versions are locked before aliases
    if version:
        _check_version(alias.model, version)
    now = clock.now()
    _decided(move, MoveState.MOVED, actor, comment, at=now, before=alias.version_id)
    Alias.objects.filter(pk=alias.pk).update(version=move.version_id, moved_at=now)
    move = move_rows().get(pk=move.pk)
    review, event = _reviewed(move, "approve", "alias.moved" if version else "alias.removed")
    AliasMove.objects.filter(pk=move.pk).update(event=event)
    return review


def _reject(move: AliasMove, actor: User, comment: str) -> Review:
    """The alias stays as it is."""
    _decided(move, MoveState.REJECTED, actor, comment, at=clock.now())
    return _reviewed(move_rows().get(pk=move.pk), "reject", "alias.rejected")[0]


@transaction.atomic
def withdraw(move: AliasMove, *, actor: User, comment: str = "") -> AliasMove:
    """Take one's own proposal back: the alias stays as it is."""
    require(actor, move.alias.model.project, Role.SUBMITTER)
    if actor.pk != move.proposed_by_id:
        raise Forbidden("Who proposed it takes it back; a reviewer rejects it.")
    comment = checked_reason(comment, "comment", required=False)
    _decided(move, MoveState.WITHDRAWN, actor, comment, at=clock.now())
    move, subject = move_rows().get(pk=move.pk), ("alias", str(move.alias_id))
    append(
        actor=actor.username, verb="alias.withdrawn", subject=subject, project=move.alias.model.project_id,
        detail=_facts(move) | {"reason": move.reason, "comment": comment}, at=move.decided_at,
    )  # fmt: skip
    reviews.close(subject)
    return move


def open_move(alias: Alias) -> AliasMove:
    """The proposal that waits for a decision; Conflict where there is none."""
    move = move_rows().filter(alias=alias, state=MoveState.PROPOSED).first()
    if move is None:
        raise Conflict(f"No proposal for {alias} waits for a decision.", code="nothing_proposed", got=str(alias))
    return move


def names_of(model: Model) -> list[str]:
    """The aliases of a model that stand for something."""
    return list(model.aliases.exclude(version=None).order_by("name").values_list("name", flat=True))


def barred(move: AliasMove) -> set[int]:
    """Who may not approve it: who proposed it, and everybody whose own work the version is."""
    return {move.proposed_by_id} | (submitters(move.version) if move.version else set())


def _check_version(model: Model, version: ModelVersion) -> None:
    if version.model_id != model.pk:
        said = "An alias stands for a version of its own model."
        raise InvalidInput(said, code="wrong_model", field="version", expected=model.name, got=str(version))
    if version.stage != Stage.APPROVED:
        raise NotApproved(field="version", expected=Stage.APPROVED, got=version.stage)


def _proposed(alias: Alias, version: ModelVersion | None, actor: User, reason: str) -> AliasMove:
    try:
        with transaction.atomic():
            move = AliasMove.objects.create(
                alias=alias, version=version, before=alias.version, reason=reason, proposed_by=actor,
                proposed_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as waiting:
        raise AlreadyProposed(field="name", got=alias.name) from waiting
    return move_rows().get(pk=move.pk)


def _decided(move: AliasMove, state: str, actor: User, comment: str, *, at: datetime, **facts: Any) -> None:
    """The one way a proposal ends: a conditional UPDATE that must hit one row."""
    said = facts | {"state": state, "decided_by": actor, "decided_at": at, "comment": comment}
    if not AliasMove.objects.filter(pk=move.pk, state=MoveState.PROPOSED).update(**said):
        move.refresh_from_db(fields=["state"])
        raise Conflict("The proposal was decided on already.", code="illegal_transition", got=move.state)


def _reviewed(move: AliasMove, decision: str, verb: str) -> tuple[Review, AuditEvent]:
    """The decision of the second person, and its event."""
    decided_by = move.decided_by
    return reviews.recorded(
        ("alias", str(move.alias_id)),
        project=move.alias.model.project_id,
        reviewer=decided_by.username if decided_by else "",
        decision=decision,
        verb=verb,
        comment=move.comment,
        detail=_facts(move) | {"reason": move.reason, "proposed_by": move.proposed_by.username},
        at=move.decided_at,
    )


def _facts(move: AliasMove) -> dict[str, Any]:
    """What the log says of a move."""
    return {"move": str(move.pk), "alias": str(move.alias), "from": named(move.before), "to": named(move.version)}


def named(version: ModelVersion | None) -> Mapping[str, Any] | None:
    """A version as the log names it."""
    if version is None:
        return None
    return {"model_version": str(version.pk), "number": version.number, "manifest": version.sha256}
