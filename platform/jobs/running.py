"""What runs now, by project: how many jobs, and device seconds that are not charged yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from jobs.models import Attempt, State

LEAST_S = 1.0  # that a running job counts: jobs that begin in one moment are not all of one project


@dataclass(frozen=True)
class Running:
    """Jobs of one project that run, and their device seconds so far, as far as nobody was charged for them."""

    jobs: int = 0
    device_s: float = 0.0


NOTHING = Running()


def running_now(now: datetime, projects: Iterable[UUID] | None = None) -> dict[UUID, Running]:
    """Of these projects, or of all. There are no more rows than workers; what is charged by its parts has no rest."""
    rows = Attempt.objects.filter(job__state=State.RUNNING, token=F("job__token"), ended_at=None)
    if projects is not None:
        rows = rows.filter(job__project__in=list(projects))
    found: dict[UUID, Running] = {}
    for project_id, started_at, charged_s in rows.order_by().values_list("job__project", "started_at", "device_s"):
        so_far = found.get(project_id, NOTHING)
        rest = 0.0 if charged_s else max(LEAST_S, (now - started_at).total_seconds())
        found[project_id] = Running(so_far.jobs + 1, so_far.device_s + rest)
    return found
