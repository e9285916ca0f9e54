"""Accounts: made by an operator, ended by one, with platform roles that a superuser alone gives."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import PlatformRole, User
from accounts.services import require_operator, require_superuser
from audit.services import append
from models_store.errors import Conflict, Forbidden, InvalidInput


class OwnAccount(Conflict):
    """Nobody changes their own platform role or ends their own account: a second person does."""

    code = "own_account"


class AboveOperator(Forbidden):
    """An operator ends the accounts of people without a platform role; of auditors, operators and superusers, a
    superuser does.
    """

    code = "superuser_needed"


@transaction.atomic
def create_user(username: str, *, password: str | None, actor: str, **facts: Any) -> User:
    """A new person; without a password the person sets one with a link (invitations.py)."""
    user = User.objects.create_user(username, password=password, **facts)
    append(actor=actor, verb="user.created", subject=("user", str(user.pk)), detail={"username": username})
    return user


@transaction.atomic
def set_platform_role(user: User, role: str, *, actor: User) -> User:
    """Make somebody auditor or operator, or ("") neither; the same again changes nothing."""
    require_superuser(actor)
    if role and role not in PlatformRole.values:
        raise InvalidInput(
            f"There is no role {role!r}.", field="platform_role", expected=["", *PlatformRole.values], got=role
        )
    if user.is_service:
        raise InvalidInput("A service account has no platform role.", field="username", got=user.username)
    if user.pk == actor.pk:
        raise OwnAccount(field="platform_role")
    before = User.objects.select_for_update().values_list("platform_role", flat=True).get(pk=user.pk)
    if before != role:
        User.objects.filter(pk=user.pk).update(platform_role=role)
        detail = {"user": user.username, "role": role, "before": before}
        append(
            actor=actor.username, verb="platform_role.changed", subject=("user", str(user.pk)), detail=detail
        )  # fmt: skip
    user.platform_role = role
    return user


@transaction.atomic
def set_active(user: User, active: bool, *, actor: User) -> User:
    """End an account or open it again: it logs in no more, and its tokens are refused; what it did and owns stays."""
    require_above(actor, user)
    if user.pk == actor.pk:
        raise OwnAccount(field="is_active")
    if User.objects.filter(pk=user.pk, is_active=not active).update(is_active=active):
        verb = "user.reopened" if active else "user.deactivated"
        append(actor=actor.username, verb=verb, subject=("user", str(user.pk)), detail={"user": user.username})
    user.is_active = active
    return user


def may_end(actor: User, user: User) -> bool:
    """Whether `actor` may end this account and open it again."""
    return actor.pk != user.pk and _stands_above(actor, user)


def require_above(actor: User, user: User) -> None:
    """Refuse whoever may not decide over this account."""
    require_operator(actor)
    if not _stands_above(actor, user):
        raise AboveOperator(field="username", expected="a superuser", got=actor.platform_role)


def _stands_above(actor: User, user: User) -> bool:
    ordinary = not user.is_superuser and not user.platform_role
    return actor.is_superuser or (actor.platform_role == PlatformRole.OPERATOR and ordinary)
