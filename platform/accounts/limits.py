"""A project's weight and quotas: who runs the platform gives them, an owner may only tighten them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import Project, Role, User
from accounts.services import is_operator, require
from audit.services import append
from models_store.errors import Forbidden, InvalidInput

BOUNDS = {  # 0 means no limit, but for the weight
    "weight": (0.01, 100.0),
    "max_running": (0, 10_000),
    "max_device_hours": (0.0, 1e6),
    "max_storage_bytes": (0, 2**60),
}


class OperatorNeeded(Forbidden):
    """An owner may tighten a project's limits; only an operator of the platform may loosen them."""

    code = "operator_needed"


@transaction.atomic
def set_limits(project: Project, *, actor: User, **said: float) -> Project:
    """Set some of weight, max_running, max_device_hours (a week) and max_storage_bytes; what stays is not recorded."""
    if not is_operator(actor):
        require(actor, project, Role.OWNER)
    project = Project.objects.select_for_update().get(pk=project.pk)
    before = {name: getattr(project, name) for name in said}
    changed = {name: value for name, value in said.items() if _checked(name, value) != before[name]}
    for name, value in changed.items():
        if not is_operator(actor) and _looser(name, before[name], value):
            raise OperatorNeeded(field=name, expected=f"at most {before[name]:g}", got=value)
        setattr(project, name, value)
    if changed:
        project.save(update_fields=list(changed))
        append(
            actor=actor.username,
            verb="project.limits",
            subject=("project", str(project.pk)),
            project=project.pk,
            detail={name: {"from": before[name], "to": value} for name, value in changed.items()},
        )
    return project


def _checked(name: str, value: Any) -> Any:
    low, high = BOUNDS[name]
    number = isinstance(value, int if isinstance(low, int) else int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        expected = {"minimum": low, "maximum": high}
        raise InvalidInput("The limit is out of bounds.", field=name, expected=expected, got=str(value))
    return value


def _looser(name: str, before: float, value: float) -> bool:
    """Whether a limit would let more through; 0 is none, but for the weight."""
    if name == "weight":
        return value > before
    return before > 0 and (value == 0 or value > before)
