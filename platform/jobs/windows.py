"""When a weekly window is open: from wall time to wall time of its zone, over midnight and over changes of the clock.

Pure functions over a Week and a moment. Where the clock is changed, a wall time that does not exist means the first one
after it that does; one that exists twice means its first coming where a window opens and its second where it closes, so
that a change of the clock only ever makes an opening as long as its hours say or longer by what is lived through twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jobs.models import Window

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
MIDNIGHT = 24 * 60
AROUND_DAYS = 9  # looked at before and after a moment: a week and what reaches into it
LOOKS_DAYS = (AROUND_DAYS, 8 * AROUND_DAYS, 400)  # ahead for the next opening; most stand within the first look

Span = tuple[int, int]  # from and to in minutes of wall time since the day's begin; `to` may lie on the next day


@dataclass(frozen=True)
class Opening:
    """One time in which a window is open; `end` is None where it does not close within the coming week."""

    start: datetime
    end: datetime | None

    @property
    def seconds(self) -> float:
        """How long; infinite without an end."""
        return (self.end - self.start).total_seconds() if self.end else float("inf")


@dataclass(frozen=True)
class Week:
    """A window's hours: spans for each weekday (Monday first), and days that have others."""

    zone: ZoneInfo
    days: tuple[tuple[Span, ...], ...]
    exceptions: tuple[tuple[date, tuple[Span, ...]], ...] = ()

    def spans(self, day: date) -> tuple[Span, ...]:
        """The hours that begin on a day."""
        return dict(self.exceptions).get(day, self.days[day.weekday()])


def minutes(said: str) -> int:
    """Minutes since midnight of a time like 22:00; 24:00 is the end of the day."""
    hours, _, rest = said.partition(":")
    return int(hours) * 60 + int(rest)


def span(said: Mapping[str, Any]) -> Span:
    """`from` and `to` of opening hours; a `to` that is not after `from` lies on the next day."""
    begin, end = minutes(said["from"]), minutes(said["to"])
    return begin, end if end > begin else end + MIDNIGHT


def week(zone: str, hours: Iterable[Mapping[str, Any]], exceptions: Mapping[date, Iterable[Mapping[str, Any]]]) -> Week:
    """The Week of checked hours (jobs/window_rules.py)."""
    entries = [(entry["days"], span(entry)) for entry in hours]
    days = tuple(tuple(sorted(found for named, found in entries if day in named)) for day in DAYS)
    others = tuple((day, tuple(sorted(map(span, said)))) for day, said in sorted(exceptions.items()))
    return Week(ZoneInfo(zone), days, others)


def week_of(window: Window) -> Week:
    """The Week of a row and its exceptions (prefetched or not)."""
    return week(window.timezone, window.hours, {row.date: row.hours for row in window.exceptions.all()})


def moment(day: date, minute: int, zone: ZoneInfo, *, closes: bool = False) -> datetime:
    """The moment (UTC) at which a zone's clock shows so many minutes after a day's begin."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    found = wall.replace(tzinfo=zone, fold=int(closes)).astimezone(UTC)
    if _shown(found, zone) == wall:
        return found
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))  # around the change
    while late - early > MINUTE:
        middle = early + (late - early) // MINUTE // 2 * MINUTE
        early, late = (middle, late) if _shown(middle, zone) < wall else (early, middle)
    return late


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def openings(hours: Week, first: date, last: date) -> list[Opening]:
    """What begins on these days, oldest first; what overlaps or follows without a gap is one opening."""
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(_between(hours, first, last)):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif start < end:
            merged.append((start, end))
    return [Opening(start, end) for start, end in merged]


def _between(hours: Week, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
    for number in range((last - first).days + 1):
        day = first + number * DAY
        for begin, end in hours.spans(day):
            yield moment(day, begin, hours.zone), moment(day, end, hours.zone, closes=True)


def opening(hours: Week, at: datetime) -> Opening | None:
    """The opening that a moment lies in; None where the window is closed then."""
    today = at.astimezone(hours.zone).date()
    last = today + AROUND_DAYS * DAY
    for one in openings(hours, today - AROUND_DAYS * DAY, last):
        if one.start <= at and one.end is not None and at < one.end:
            beyond = moment(last, MIDNIGHT, hours.zone)
            return Opening(one.start, None) if one.end >= beyond else one
    return None


def next_opening(hours: Week, at: datetime) -> Opening | None:
    """The first opening that begins after a moment; None where none does within 400 days."""
    today = at.astimezone(hours.zone).date()
    for ahead in LOOKS_DAYS:
        for one in openings(hours, today - AROUND_DAYS * DAY, today + ahead * DAY):
            if one.start > at:
                return opening(hours, one.start)
    return None


def longest(hours: Week, at: datetime) -> Opening | None:
    """The longest opening that begins in the coming five weeks, or is under way; None without any."""
    today = at.astimezone(hours.zone).date()
    found = openings(hours, today - DAY, today + 35 * DAY)
    ahead = [opening(hours, one.start) for one in found if one.end is not None and one.end > at]
    return max((one for one in ahead if one), key=lambda one: one.seconds, default=None)
