"""How many jobs wait where, and since when: read from the index, and no further than COUNTED.

A crowd costs what COUNTED jobs cost, however large it is; who counts further says "more than".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from jobs import pick
from jobs.models import Job, State

COUNTED = 5000


@dataclass(frozen=True)
class Depth:
    """So many jobs wait; more than that where `more`."""

    count: int = 0
    more: bool = False

    def __str__(self) -> str:
        return f"more than {self.count}" if self.more else str(self.count)


def depths(projects: Collection[UUID] | None = None) -> dict[str, Depth]:
    """By the names of the queues in which jobs wait: those of some projects, or (None) of all."""
    found: dict[str, Depth] = {}
    for queue in pick.queues():
        rows = Job.objects.filter(state=State.QUEUED, queue=queue)
        rows = rows if projects is None else rows.filter(project__in=projects)
        if count := rows.order_by().values("pk")[: COUNTED + 1].count():
            found[queue] = Depth(min(count, COUNTED), count > COUNTED)
    return found


def oldest() -> dict[str, datetime]:
    """When the oldest job of each queue came: among the COUNTED oldest of all, else among as many of that queue."""
    waiting = Job.objects.filter(state=State.QUEUED)
    found: dict[str, datetime] = {}
    for queue, since in waiting.order_by("pk").values_list("queue", "created_at")[:COUNTED]:
        found[queue] = min(found.get(queue, since), since)
    for queue in set(pick.queues()) - set(found):
        some = waiting.filter(queue=queue).order_by().values("created_at")[:COUNTED]
        if since := some.aggregate(oldest=Min("created_at"))["oldest"]:  # else claimed a moment ago
            found[queue] = since
    return found
