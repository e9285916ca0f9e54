"""When a recurring job is due: on some weekdays at a wall time of one zone, right over changes of the clock.

A time that does not exist on a day means the first one after it; one that exists twice means its first coming, so that
every day it names is due once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from jobs.windows import DAY, DAYS, minutes, moment


def next_due(zone: str, days: Sequence[str], at: str, after: datetime) -> datetime:
    """The first due moment (UTC) that lies after one."""
    return next(one for one in _dues(zone, days, at, after, 1) if one > after)


def latest_due(zone: str, days: Sequence[str], at: str, until: datetime) -> datetime:
    """The last due moment (UTC) that does not lie after one."""
    return next(one for one in _dues(zone, days, at, until, -1) if one <= until)


def _dues(zone: str, days: Sequence[str], at: str, around: datetime, step: int) -> list[datetime]:
    """What is due in the days around a moment, in the direction of `step`; at least a week of them."""
    where = ZoneInfo(zone)
    today, minute = around.astimezone(where).date(), minutes(at)
    looked_at = [today + step * number * DAY for number in range(-2, 16)]
    return [moment(day, minute, where) for day in looked_at if DAYS[day.weekday()] in days]
