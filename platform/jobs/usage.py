"""What a project uses of what it may use: jobs running, device hours of the week, storage; and its fading use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from accounts.models import Project
from jobs import quotas, shares
from jobs.models import StorageUse
from jobs.running import NOTHING, running_now
from jobs.storage import used_bytes


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Hours are device hours. `share_hours` is what its share is worth now; `over` is the quota that holds its jobs."""

    running: int
    week_hours: float
    total_hours: float
    share_hours: float
    storage_bytes: int
    counted_at: datetime | None
    over: str


def usage_of(project: Project, now: datetime) -> Usage:
    """As of now; storage as of its last count, which is made where there was none."""
    running = running_now(now, [project.pk])
    mine = running.get(project.pk, NOTHING)
    fading_s = shares.worth(project.share_used, now.timestamp(), settings.SHARE_HALF_LIFE_S) + mine.device_s
    storage = used_bytes(project)
    return Usage(
        running=mine.jobs,
        week_hours=quotas.hours_used([project.pk], running, now)[project.pk],
        total_hours=(project.used_device_s + mine.device_s) / quotas.HOUR_S,
        share_hours=round(fading_s / quotas.HOUR_S, 6),
        storage_bytes=storage,
        counted_at=StorageUse.objects.filter(project=project).values_list("counted_at", flat=True).first(),
        over=quotas.over([project], running, now).get(project.pk, ""),
    )
