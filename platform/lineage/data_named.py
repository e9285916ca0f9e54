"""Which events of the log name a data set, though they are about something else."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from audit.detail_texts import details_with, texts
from audit.models import AuditDetail
from catalog.services import LATEST


def events_naming(name: str, project: UUID, since: datetime | None = None) -> set[UUID]:
    """Events of a project whose detail has the name as a value, behind `latest:`, or before the number of a version.

    Reads the text of every detail `since` then: of all only before a transaction begins.
    """
    rows = AuditDetail.objects.filter(event__project_id=project)
    if since is not None:
        rows = rows.filter(event__at__gte=since)
    return {
        event
        for event, detail in details_with(name, rows)
        if any(said in (name, LATEST + name) or f"{name} v" in said for _field, said in texts(detail))
    }
