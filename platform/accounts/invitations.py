"""One-time links with which somebody chooses a password: to begin with, or because the old one is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.members import remove_member, set_role
from accounts.models import Project, Role, User
from accounts.people import AboveOperator, create_user, require_above, set_active
from accounts.services import require, require_operator
from audit.services import append
from config import clock
from models_store.errors import Conflict, InvalidInput, NotFound


@transaction.atomic
def invite(username: str, *, actor: User, password: str | None = None, **facts: Any) -> User:
    """A new account: with a password that the person is told, or with none, until a link was used (link_for)."""
    require_operator(actor)
    return create_user(username, password=password, actor=actor.username, **facts)


@transaction.atomic
def link_for(user: User, *, actor: User) -> tuple[str, str, datetime]:
    """What a one-time link ends with (uid, token), and until when it works. Whoever has it becomes that person, so
    for an account that was used before only a superuser makes one.
    """
    require_above(actor, user)
    if not may_make_link(actor, user):
        raise AboveOperator(field="username", expected="a superuser", got=actor.platform_role)
    append(actor=actor.username, verb="user.link_made", subject=("user", str(user.pk)), detail={"user": user.username})
    until = clock.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user), until


def may_make_link(actor: User, user: User) -> bool:
    """Whether `actor` may make a link for this account; a superuser for each other one that is open."""
    if not user.is_active or user.is_service or user.pk == actor.pk:
        return False
    fresh = user.last_login is None and not user.has_usable_password() and not user.api_tokens.exists()
    return actor.is_superuser or (fresh and not user.platform_role)


@transaction.atomic
def invite_into(project: Project, username: str, *, actor: User, role: str, **facts: Any) -> User:
    """A new account without a password, with a role in the project: for an operator who owns it, and superusers."""
    require(actor, project, Role.OWNER)
    require_operator(actor)
    name = User.normalize_username(username)
    try:
        User._meta.get_field("username").run_validators(name)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), field="username", got=username) from error
    if User.objects.filter(username__iexact=name).exists():
        raise Conflict(f"There is an account called {name}.", field="username", got=username)
    user = invite(name, actor=actor, **facts)
    set_role(project, user, role, actor=actor.username)
    return user


def invited(project: Project) -> QuerySet[User]:
    """People of the project whose account was never used: they have no password yet."""
    rows = User.objects.filter(membership__project=project, is_active=True, is_service=False, last_login=None)
    return rows.filter(password__startswith=UNUSABLE_PASSWORD_PREFIX, api_tokens=None)


@transaction.atomic
def withdraw_invitation(project: Project, username: str, *, actor: User) -> None:
    """The account is closed, so its link opens nothing, and its role in the project ends."""
    require(actor, project, Role.OWNER)
    require_operator(actor)
    user = invited(project).filter(username=username).first()
    if user is None:
        raise NotFound(f"{username} has no open invitation to {project.slug}.", field="username", got=username)
    set_active(user, False, actor=actor)
    remove_member(project, user, actor=actor.username)
