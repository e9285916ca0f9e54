"""Quotas that hold a project's jobs in the queue: jobs running at once, device hours in a week.

A week is today and the six days before it (UTC): what was used on a day counts until the end of the sixth day after it.
What runs counts too. Nothing is written for a job that waits for its quota: the reason is worked out when it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, Sum

from accounts.models import Project
from jobs.models import DeviceUse
from jobs.running import NOTHING, Running, running_now

DAYS = 7
HOUR_S = 3600.0
RUNNING = "quota: {running} of {limit} running"
HOURS = "quota: {used:.1f} of {limit:g} device hours used this week"
LIMITED = Q(max_running__gt=0) | Q(max_device_hours__gt=0)


def over(projects: Iterable[Project], running: Mapping[UUID, Running], now: datetime) -> dict[UUID, str]:
    """Why each of these projects that is over a quota may start nothing now; a project that may is not in it."""
    limited = [one for one in projects if one.max_running or one.max_device_hours]
    hours = hours_used([one.pk for one in limited if one.max_device_hours], running, now)
    found = {}
    for one in limited:
        runs, used = running.get(one.pk, NOTHING).jobs, hours.get(one.pk, 0.0)
        if one.max_running and runs >= one.max_running:
            found[one.pk] = RUNNING.format(running=runs, limit=one.max_running)
        elif one.max_device_hours and used >= one.max_device_hours:
            found[one.pk] = HOURS.format(used=used, limit=one.max_device_hours)
    return found


def reasons(projects: Iterable[UUID], now: datetime) -> dict[UUID, str]:
    """Why queued jobs of these projects wait for a quota, by project; at most three queries, however many projects."""
    limited = list(Project.objects.filter(LIMITED, pk__in=set(projects)))
    return over(limited, running_now(now, [one.pk for one in limited]), now) if limited else {}


def hours_used(projects: Iterable[UUID], running: Mapping[UUID, Running], now: datetime) -> dict[UUID, float]:
    """Device hours of this week by project, with those of what runs."""
    asked = list(projects)
    if not asked:
        return {}
    rows = DeviceUse.objects.filter(project__in=asked, day__gt=now.date() - timedelta(days=DAYS))
    charged = dict(rows.order_by().values_list("project").annotate(sum=Sum("seconds")))
    return {one: (charged.get(one, 0.0) + running.get(one, NOTHING).device_s) / HOUR_S for one in asked}
