"""Which workers listen to which queue: each says so every BEAT_S, and is believed for ALIVE after that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db import connection

from config import clock
from jobs.models import Listener

BEAT_S = 40.0
ALIVE = timedelta(minutes=2)
KEPT = timedelta(days=30)  # so that a digest can name a worker that has gone


def here(worker: str, queues: Iterable[str], facts: Mapping[str, Any] | None = None) -> None:
    """A worker is there and listens to these queues; `facts` say how its device is (memory and room in bytes)."""
    now, said = clock.now(), dict(facts or {})
    rows = [Listener(worker=worker, queue=queue, seen_at=now, facts=said) for queue in sorted(set(queues))]
    Listener.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["worker", "queue"], update_fields=["seen_at", "facts"]
    )


def gone(worker: str) -> None:
    """A worker leaves: nobody is to wait for it. What was not heard of for KEPT is forgotten too."""
    now = clock.now()
    Listener.objects.filter(worker=worker, seen_at__gt=now - ALIVE).update(seen_at=now - ALIVE)
    Listener.objects.filter(seen_at__lt=now - KEPT).delete()


def live_workers() -> dict[str, int]:
    """How many live workers each queue has, for each answer that speaks of waiting: SQL as it is, for its price."""
    since = Listener._meta.get_field("seen_at").get_db_prep_value(clock.now() - ALIVE, connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue, COUNT(*) FROM jobs_listener WHERE seen_at > %s GROUP BY queue", [since])
        return dict(cursor.fetchall())


def listening() -> dict[str, list[Listener]]:
    """The live workers of each queue that has one."""
    found: dict[str, list[Listener]] = {}
    for row in Listener.objects.filter(seen_at__gt=clock.now() - ALIVE):
        found.setdefault(row.queue, []).append(row)
    return found
