"""Queues from which nothing is claimed until somebody lets them go on (jobs/pick.py passes them over)."""

from __future__ import annotations

from django.db.models import prefetch_related_objects

from jobs.models import QueuePause


def paused() -> dict[str, QueuePause]:
    """The paused queues."""
    rows = list(QueuePause.objects.raw("SELECT * FROM jobs_queuepause"))  # nearly always none, and asked for often
    prefetch_related_objects(rows, "paused_by")
    return {row.queue: row for row in rows}
