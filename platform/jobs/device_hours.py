"""What each worker's device did in a time: hours at work, hours idle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from jobs.models import Attempt, Listener

LOOKED_AT = 20_000  # newest attempts


@dataclass(frozen=True, kw_only=True)
class Device:
    """One worker: seconds at work, and without work (None to whoever sees a part of the projects only)."""

    worker: str
    device: str
    used_s: float
    idle_s: float | None


def devices(begin: datetime, end: datetime, projects: Iterable[UUID] | None) -> list[Device]:
    """Every worker that worked between the two moments, or was there and could have; by name."""
    newest = Attempt.objects.order_by("-pk").values_list("pk", flat=True)
    floor = next(iter(newest[LOOKED_AT : LOOKED_AT + 1]), 0)
    rows = Attempt.objects.filter(Q(ended_at=None) | Q(ended_at__gt=begin), pk__gt=floor, started_at__lt=end)
    own = None if projects is None else set(projects)  # an index by project would be read from its begin
    used: dict[str, float] = {}
    kinds: dict[str, str] = {}
    asked = ("job__project", "worker", "started_at", "ended_at", "device_s", "facts__device")
    for project, worker, started_at, ended_at, device_s, said in rows.order_by("pk").values_list(*asked):
        if own is not None and project not in own:
            continue
        part = (min(ended_at or end, end) - max(started_at, begin)).total_seconds()
        used[worker] = used.get(worker, 0.0) + min(part, device_s or part)  # jobs that share batches share the time
        kinds[worker] = said or kinds.get(worker, "")
    if projects is None:
        for worker, queue in Listener.objects.filter(seen_at__gt=begin).values_list("worker", "queue"):
            used.setdefault(worker, 0.0)
            kinds[worker] = kinds.get(worker) or queue.partition(".")[2]
    whole = (end - begin).total_seconds()
    return [
        Device(
            worker=worker, device=kinds.get(worker, ""), used_s=seconds,
            idle_s=max(0.0, whole - seconds) if projects is None else None,
        )
        for worker, seconds in sorted(used.items())
    ]  # fmt: skip
