"""What a page says of legal holds on its thing, and the way to one."""

from __future__ import annotations

from typing import Any

from accounts.models import Project, Role, User
from accounts.services import holds
from lineage.legal_holds import holds_on


def legal_hold_note(user: User, project: Project, kind: str, subject: Any) -> dict[str, Any]:
    """For pages/review/legal_hold_note.html."""
    may = holds(user, project, Role.REVIEWER)
    return {"held": holds_on(kind, subject), "hold_kind": kind, "hold_subject": subject, "may_hold": may}
