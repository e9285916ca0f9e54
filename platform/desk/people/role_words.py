"""What each role may do, in words: beside every place where one is given."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import PlatformRole, Role

IN_PROJECT: dict[str, Any] = {
    Role.VIEWER: _("looks at everything in the project, takes files away, verifies, and flags what is wrong"),
    Role.SUBMITTER: _("also brings data, submits jobs, and cancels, pauses and orders them"),
    Role.REVIEWER: _("also decides: approves and rejects what others made, withdraws, sets legal holds"),
    Role.OWNER: _("also gives roles, sets policies, tightens limits, and erases data"),
}
ACROSS: dict[str, Any] = {
    PlatformRole.AUDITOR: _("reads every project and the whole log, takes it away, checks it; changes nothing"),
    PlatformRole.OPERATOR: _(
        "reads every project, steers all jobs and queues, sets limits, opens and closes accounts; decides on nothing "
        "and brings no data"
    ),
}


def in_project() -> list[tuple[str, Any, Any]]:
    """Role, title, what it may do."""
    return [(role.value, role.label, IN_PROJECT[role]) for role in Role]


def across() -> list[tuple[str, Any, Any]]:
    """The same for platform roles."""
    return [(role.value, role.label, ACROSS[role]) for role in PlatformRole]
