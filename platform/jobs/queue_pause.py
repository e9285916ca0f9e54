"""Queues from which nothing is claimed until somebody lets them go on (jobs/pick.py passes them over)."""

from __future__ import annotations

from jobs.models import QueuePause


def paused() -> dict[str, QueuePause]:
    """The paused queues."""
    return {row.queue: row for row in QueuePause.objects.select_related("paused_by")}
