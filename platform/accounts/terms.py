"""What an owner or operator sets of a project in one act: its limits, and how long it keeps bytes."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.limits import set_limits
from accounts.models import Project, User
from accounts.retention import NAMES, set_retention


@transaction.atomic
def set_terms(project: Project, *, actor: User, **said: Any) -> Project:
    """Set some of the limits (limits.py) and days (retention.py): all that is said, or nothing of it."""
    days = {name: said.pop(name) for name in NAMES if name in said}
    if days:
        project = set_retention(project, actor=actor, **days)
    return set_limits(project, actor=actor, **said)
