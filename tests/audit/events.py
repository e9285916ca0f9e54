"""Events to fill a log with."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit.models import AuditEvent
from audit.services import append

PROJECT = "0190aaaa-1111-7111-8111-000000000001"


@transaction.atomic
def event(number: int = 0, **changes: Any) -> AuditEvent:
    """One appended event; `changes` replaces any argument."""
    said: dict[str, Any] = {
        "actor": "ada",
        "verb": "job.queued",
        "subject": ("job", str(number)),
        "project": PROJECT,
        "detail": {"reason": "waits", "number": number},
    }
    return append(**said | changes)


def events(count: int) -> list[AuditEvent]:
    """That many appended events."""
    return [event(number) for number in range(count)]
