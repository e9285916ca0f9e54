"""What runs now, by project: how many jobs, and device seconds that are not charged yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from jobs.models import Attempt, State

LEAST_S = 1.0  # that what runs counts: what workers begin in one moment is not all of one project


@dataclass(frozen=True)
class Running:
    """Jobs of one project that run, and their device seconds so far, as far as nobody was charged for them."""

    jobs: int = 0
    device_s: float = 0.0


NOTHING = Running()


def running_now(now: datetime, projects: Iterable[UUID] | None = None) -> dict[UUID, Running]:
    """Of these projects, or of all. There are at most as many rows as jobs share batches on each worker.

    What is charged by its parts has no rest: of a project's jobs in one worker's batches at most the least is counted.
    """
    rows = Attempt.objects.filter(job__state=State.RUNNING, token=F("job__token"), ended_at=None)
    if projects is not None:
        rows = rows.filter(job__project__in=list(projects))
    found: dict[UUID, Running] = {}
    in_parts: set[tuple[UUID, str]] = set()
    said = rows.order_by().values_list("job__project", "worker", "started_at", "device_s")
    for project_id, worker, started_at, charged_s in said:
        so_far, part = found.get(project_id, NOTHING), (project_id, worker)
        rest = max(LEAST_S, (now - started_at).total_seconds())
        if charged_s:
            rest = 0.0 if part in in_parts else max(0.0, LEAST_S - charged_s)
            in_parts.add(part)
        found[project_id] = Running(so_far.jobs + 1, so_far.device_s + rest)
    return found
