"""Fair shares: device seconds that fade, so that what a project used a week ago counts half of what it uses today.

A project's use is kept as a *mark*: the moment (Unix seconds) at which one device second would weigh as much as all of
its use does. That is forward decay (Cormode et al. 2009, "Forward Decay", section 3: g(n) = 2^(n / half-life), landmark
1970) held as its logarithm, in seconds. So an idle project's row is never touched, the order of two projects does not
change while nothing is used, and no landmark has to be moved before a number overflows. A mark holds for one half-life:
after a change of the setting `manage.py rebuild_shares` makes the marks anew from the days.

What runs is not charged until it ends; the pick adds it (jobs/turns.py), which costs no write.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from math import log2
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from accounts.models import Project
from config import clock
from jobs.models import Attempt, DeviceUse

NEVER = 0.0  # the mark of a project that was never charged
PROJECT_ID = Project._meta.pk
ADD = """
UPDATE accounts_project SET used_device_s = used_device_s + %(device_s)s,
share_used = CASE WHEN share_used > %(mark)s THEN share_used ELSE %(mark)s END + %(half_life_s)s / LN(2.0) * LN(1.0 +
    POWER(2.0, -CASE WHEN ABS(share_used - %(mark)s) / %(half_life_s)s < %(negligible)s
        THEN ABS(share_used - %(mark)s) / %(half_life_s)s ELSE %(negligible)s END))
WHERE id = %(project)s
"""  # `joined`, below
NOTE = """
INSERT INTO jobs_deviceuse (project_id, day, seconds) VALUES (%(project)s, %(day)s, %(device_s)s)
ON CONFLICT (project_id, day) DO UPDATE SET seconds = jobs_deviceuse.seconds + excluded.seconds
"""
FAR = 1000.0  # half-lives: nothing further from now is told apart, and nothing overflows
NEGLIGIBLE = 60.0  # half-lives: 2^-60 of a sum is lost in its rounding


def mark_of(device_s: float, at_s: float, half_life_s: float) -> float:
    """The mark of a single use of more than 0 device seconds at a moment (Unix seconds)."""
    return at_s + half_life_s * log2(device_s)


def joined(first: float, second: float, half_life_s: float) -> float:
    """The mark of two uses together: h log2(2^(a/h) + 2^(b/h))."""
    gap = min(abs(first - second) / half_life_s, NEGLIGIBLE)
    return max(first, second) + half_life_s * log2(1.0 + 2.0**-gap)


def worth(mark: float, at_s: float, half_life_s: float) -> float:
    """Device seconds that a mark is worth at a moment: a use of `device_s` is worth just that when it is charged."""
    return 2.0 ** min(max((mark - at_s) / half_life_s, -FAR), FAR)


def per_weight(mark: float, weight: float, half_life_s: float) -> float:
    """The mark of the use for each unit of weight: what projects are ordered by."""
    return mark - half_life_s * log2(weight)


def charge(project_id: UUID, device_s: float, at: datetime | None = None) -> None:
    """Add device seconds to a project's fading use, to its sum, and to the day (UTC) for its weekly quota."""
    if device_s <= 0:
        return
    now, half_life_s = at or clock.now(), settings.SHARE_HALF_LIFE_S
    row, day = PROJECT_ID.get_db_prep_value(project_id, connection), connection.ops.adapt_datefield_value(now.date())
    used = {"project": row, "device_s": float(device_s), "day": day, "half_life_s": half_life_s}
    used |= {"mark": mark_of(device_s, now.timestamp(), half_life_s), "negligible": NEGLIGIBLE}
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(ADD, used)
        cursor.execute(NOTE, used)


@transaction.atomic
def charge_part(project_id: UUID, job_id: UUID, token: int, device_s: float) -> None:
    """Charge an attempt's part of a batch that it shares; an attempt charged by parts is not charged by the clock."""
    Attempt.objects.filter(job_id=job_id, token=token).update(device_s=F("device_s") + device_s)
    charge(project_id, device_s)


def begin(project_id: UUID, mark: float) -> None:
    """Let a project that was never charged start at a mark, the least of those with work; once."""
    if mark > NEVER:
        Project.objects.filter(pk=project_id, share_used=NEVER).update(share_used=mark)


@transaction.atomic
def rebuild(now: datetime) -> int:
    """Make every project's mark anew from what it used on each day (taken as used at its end); returns how many."""
    half_life_s, marks = settings.SHARE_HALF_LIFE_S, dict[UUID, float]()
    for project_id, day, used_s in DeviceUse.objects.filter(seconds__gt=0).values_list("project", "day", "seconds"):
        at = min(now, datetime.combine(day, time.max, UTC))
        mark = mark_of(used_s, at.timestamp(), half_life_s)
        marks[project_id] = joined(marks.get(project_id, NEVER), mark, half_life_s)
    for project_id, mark in marks.items():
        Project.objects.filter(pk=project_id).update(share_used=mark)
    return len(marks)
