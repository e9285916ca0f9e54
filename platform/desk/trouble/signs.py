"""The signs of trouble, looked for at most every KEPT_S by a process, whoever asks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from audit.alarms import standing
from config import clock
from jobs.broker import broker_answers
from jobs.depth import Depth, depths
from jobs.models import Job, Listener, State
from jobs.presence import ALIVE, KEPT
from webhooks.models import PausedWhy, Webhook, WebhookState

KEPT_S = 5.0
FULL_BYTES = 256 * 2**20  # so little is used up by one upload
MOST_SILENT = 200  # webhooks that are looked at
SCARCE_BYTES, SCARCE_PART = 10 * 2**30, 0.05  # the smaller of both


@dataclass(frozen=True)
class Room:
    """What is left on one disk, bytes; `worker` is "" for the disk of the web process."""

    worker: str
    free: int
    total: int

    @property
    def full(self) -> bool:
        """Nothing more can be relied on to be written."""
        return self.free < FULL_BYTES

    @property
    def scarce(self) -> bool:
        """Soon it will be."""
        return self.free < min(SCARCE_BYTES, SCARCE_PART * self.total)


@dataclass(frozen=True)
class Lost:
    """A worker that was not heard of although it had jobs that run."""

    worker: str
    seen_at: datetime
    jobs: int


@dataclass(frozen=True)
class Silent:
    """A webhook that the platform paused by itself."""

    id: UUID
    name: str
    project_id: UUID
    project: str


@dataclass(frozen=True)
class Signs:
    """All of them; empty where all is well."""

    log: list[str] = field(default_factory=list)
    unheard: list[tuple[str, Depth]] = field(default_factory=list)  # queues where jobs wait and nobody listens
    lost: list[Lost] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)
    broker: bool = True
    webhooks: list[Silent] = field(default_factory=list)


_known: tuple[float, Signs] | None = None


def signs() -> Signs:
    """What a look said that is at most KEPT_S old."""
    global _known
    now = time.monotonic()
    if _known is None or now >= _known[0] + KEPT_S:
        _known = now, look()
    return _known[1]


def look() -> Signs:
    """A look now: a query for each queue and a handful besides, one call of the system, one knock at the broker."""
    now = clock.now()
    rows = list(Listener.objects.filter(seen_at__gt=now - KEPT))
    live = {row.queue for row in rows if row.seen_at > now - ALIVE}
    newest: dict[str, Listener] = {}
    for row in sorted(rows, key=lambda row: row.seen_at):
        newest[row.worker] = row
    gone = {name: row for name, row in newest.items() if row.seen_at <= now - ALIVE}
    running = Job.objects.filter(state=State.RUNNING, worker__in=list(gone)) if gone else Job.objects.none()
    lost = dict(running.order_by().values_list("worker").annotate(n=Count("pk"))) if gone else {}
    rooms = [here(), *_told(row for name, row in newest.items() if name not in gone)]
    return Signs(
        log=standing(now),
        unheard=[(queue, depth) for queue, depth in sorted(depths().items()) if queue not in live],
        lost=[Lost(name, gone[name].seen_at, count) for name, count in sorted(lost.items())],
        rooms=[room for room in rooms if room.scarce],
        broker=broker_answers(settings.BROKER_URL),
        webhooks=_silent(),
    )


def _silent() -> list[Silent]:
    rows = Webhook.objects.filter(state=WebhookState.PAUSED).exclude(paused_why=PausedWhy.BY_HAND)
    found = rows.order_by("-paused_at").values_list("pk", "name", "project_id", "project__slug")
    return [Silent(*one) for one in found[:MOST_SILENT]]


def here(place: Path | None = None) -> Room:
    """The room of the disk that the web process writes to."""
    said = os.statvfs(place or settings.KILNMARK_HOME)
    return Room("", said.f_bavail * said.f_frsize, said.f_blocks * said.f_frsize)


def _told(rows: Iterable[Listener]) -> list[Room]:
    """What workers say of theirs, where it is another disk's."""
    own = here().total
    facts = [(row.worker, row.facts or {}) for row in rows]
    sizes = [(worker, said.get("disk_free_bytes"), said.get("disk_total_bytes")) for worker, said in facts]
    return [Room(worker, free, total) for worker, free, total in sizes if total and free is not None and total != own]
