"""Tokens, projects and the people in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kilnmark.answers.answer import Answer


@dataclass(frozen=True)
class Token(Answer):
    """A token without its secret."""

    id: str = ""
    name: str = ""
    hint: str = ""
    scopes: tuple[str, ...] = ()
    created_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True)
class FreshToken(Token):
    """A token with its secret, which is shown this once, and not in `repr`."""

    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Project(Answer):
    """A project and your role in it; one that is asked for by id has quotas (0: none) and use."""

    id: str = ""
    name: str = ""
    title: str = ""
    role: str = ""
    max_running: int = 0
    created_at: datetime | None = None
    weight: float = 1.0
    max_device_hours: float = 0.0
    max_storage_bytes: int = 0
    artifact_days: int = 0
    upload_days: int = 0
    log_days: int = 0
    usage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Member(Answer):
    """Somebody in a project."""

    username: str = ""
    name: str = ""
    role: str = ""
    is_service: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class Invitation(Answer):
    """Somebody whose account waits for a first password; `link` is shown once, and not in `repr`."""

    username: str = ""
    name: str = ""
    email: str = ""
    invited_at: datetime | None = None
    until: datetime | None = None
    link: str = field(default="", repr=False)


@dataclass(frozen=True)
class ServiceAccount(Answer):
    """A program's account (`name@project`): it has tokens and no password."""

    name: str = ""
    project: str | None = None
    role: str | None = None
    answered_by: str | None = None
    is_active: bool = True
    created_at: datetime | None = None
