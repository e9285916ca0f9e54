"""Windows, recurring jobs, reviews, webhooks, the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kilnmark.answers.answer import Answer


@dataclass(frozen=True)
class Window(Answer):
    """When jobs may run, and how it stands now."""

    id: str = ""
    name: str = ""
    project: str = ""
    timezone: str = ""
    hours: tuple[Mapping[str, Any], ...] = ()
    exceptions: tuple[Mapping[str, Any], ...] = ()
    open: bool = False
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    created_by: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True)
class Schedule(Answer):
    """A recurring job."""

    id: str = ""
    name: str = ""
    project: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    timezone: str = ""
    days: tuple[str, ...] = ()
    at: str = ""
    active: bool = False
    next_due: datetime | None = None
    last_error: Mapping[str, Any] | None = None
    owner: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True)
class Review(Answer):
    """A person's decision, or something that waits for one: then `decision` is empty and `request` is its id."""

    id: str = ""
    subject_kind: str = ""
    subject: str = ""
    project: str | None = None
    reviewer: str = ""
    decision: str = ""
    comment: str = ""
    at: datetime | None = None
    request: str | None = None
    policy: str = ""
    why: str = ""
    asked_at: datetime | None = None


@dataclass(frozen=True)
class Webhook(Answer):
    """An endpoint that is told what happens in a project; `secret` is there once, and not in `repr`."""

    id: str = ""
    name: str = ""
    project: str = ""
    url: str = ""
    types: tuple[str, ...] = ()
    state: str = ""
    paused_why: str | None = None
    paused_at: datetime | None = None
    failing_since: datetime | None = None
    former_secret_until: datetime | None = None
    owner: str = ""
    created_at: datetime | None = None
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Delivery(Answer):
    """A message for a webhook; one that is asked for by id has its attempts, its payload and the last answer."""

    id: str = ""
    message: str = ""
    type: str = ""
    event: str | None = None
    state: str = ""
    tries: int = 0
    next_try_at: datetime | None = None
    status: int | None = None
    ms: int | None = None
    fault: str | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    answer: str = ""
    past: tuple[Mapping[str, Any], ...] = ()
    payload: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Replayed(Answer):
    """How much goes out again."""

    count: int = 0


@dataclass(frozen=True)
class AuditEvent(Answer):
    """One event of the log; `leaf` is what the tree holds."""

    id: str = ""
    index: int | None = None
    at: datetime | None = None
    actor: str = ""
    verb: str = ""
    subject_kind: str = ""
    subject: str = ""
    project: str | None = None
    detail: Mapping[str, Any] | None = None
    leaf: str = ""


@dataclass(frozen=True)
class TreeHead(Answer):
    """A signed root of the log. Keep it elsewhere: a rewritten past fails the consistency proof against it."""

    size: int = 0
    root: str = ""
    at: str = ""
    signature: str = ""
    key_id: str = ""
    public_key: str = ""
    stamp: Mapping[str, Any] | None = None
    stamped_head: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class PublicKey(Answer):
    """The key that signs heads now, and keys that did (key id -> PEM)."""

    key_id: str = ""
    algorithm: str = ""
    public_key: str = ""
    retired: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Inclusion(Answer):
    """The way from a leaf to a signed root."""

    index: int = 0
    tree_size: int = 0
    leaf: str = ""
    path: tuple[str, ...] = ()
    head: TreeHead = TreeHead()


@dataclass(frozen=True)
class Consistency(Answer):
    """That the larger tree begins with the smaller one."""

    first: int = 0
    second: int = 0
    path: tuple[str, ...] = ()
