"""One-time links with which somebody chooses a password: to begin with, or because the old one is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import User
from accounts.people import AboveOperator, create_user, require_above
from accounts.services import require_operator
from audit.services import append
from config import clock


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
    if not user.is_active or user.pk == actor.pk:
        return False
    fresh = user.last_login is None and not user.has_usable_password() and not user.api_tokens.exists()
    return actor.is_superuser or (fresh and not user.platform_role)
