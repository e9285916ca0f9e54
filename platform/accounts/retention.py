"""How long a project keeps bytes: days after which the sweeper deletes them, set by its owner. 0 is for ever."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Project, Role, User
from accounts.services import require
from audit.services import append
from config import clock
from models_store.errors import InvalidInput

NAMES = ("artifact_days", "upload_days", "log_days")
LONGEST_DAYS = 36_500


@transaction.atomic
def set_retention(project: Project, *, actor: User, **said: int) -> Project:
    """Set some of the days; what stays is not recorded. Shorter ones take effect a grace time later (settings)."""
    require(actor, project, Role.OWNER)
    project = Project.objects.select_for_update().get(pk=project.pk)
    before = {name: getattr(project, name) for name in said}
    changed = {name: value for name, value in said.items() if checked_days(name, value) != before[name]}
    for name, value in changed.items():
        setattr(project, name, value)
    if changed:
        project.retention_set_at = clock.now()
        project.save(update_fields=[*changed, "retention_set_at"])
        append(
            actor=actor.username,
            verb="project.retention",
            subject=("project", str(project.pk)),
            project=project.pk,
            detail={name: {"from": before[name], "to": value} for name, value in changed.items()},
        )
    return project


def checked_days(name: str, value: Any) -> int:
    """A whole number of days, or InvalidInput with its name."""
    if name not in NAMES or isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_DAYS:
        expected = {"minimum": 0, "maximum": LONGEST_DAYS}
        raise InvalidInput("Days are a whole number; 0 is for ever.", field=name, expected=expected, got=str(value))
    return value
