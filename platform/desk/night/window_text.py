"""Opening hours as people write them into a form: 22:00-06:00, 12:00-13:00; a line for each exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_lazy, gettext_noop

from jobs.models import Window
from jobs.windows import DAY, DAYS, MIDNIGHT, Span, Week, span, week_of
from models_store.errors import InvalidInput

CLOSED = gettext_noop("closed")  # may also be written in the language of the page
EVERY = "every"  # the field whose hours a day takes that has none of its own
DAY_NAMES = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
FROM_TO = gettext_noop("Opening hours are written as 22:00-06:00, several with commas between them.")
A_LINE = gettext_noop("An exception is a line: a day like 2026-12-24, then closed or its hours, then what it is for.")


def parts(said: str, *, field: str) -> list[dict[str, str]]:
    """`from` and `to` of each part between commas."""
    found = []
    for part in filter(None, (one.strip() for one in said.replace("，", ",").split(","))):
        begin, dash, end = (one.strip() for one in part.replace("–", "-").partition("-"))
        if not dash:
            raise InvalidInput(FROM_TO, code="invalid_time", field=field, expected="22:00-06:00", got=part)
        found.append({"from": begin, "to": end})
    return found


def day_hours(said: str, *, field: str) -> list[dict[str, str]]:
    """The hours of a day; none where it says that it is closed, or nothing."""
    return [] if _is_closed(said) else parts(said, field=field)


def _is_closed(said: str) -> bool:
    return said.strip().lower() in (CLOSED, gettext(CLOSED))


def week_hours(by_day: Mapping[str, str]) -> list[dict[str, Any]]:
    """Weekly hours of what stands in the field of each day, or where it is empty in that of every day.

    Days with the same hours are one entry.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for day in DAYS:
        for part in day_hours(by_day.get(day) or by_day.get(EVERY, ""), field=day):
            found.setdefault((part["from"], part["to"]), []).append(day)
    return [{"days": days, "from": begin, "to": end} for (begin, end), days in found.items()]


def lines(said: str) -> list[str]:
    """What is written, without empty lines."""
    return [line for one in said.splitlines() if (line := one.strip())]


def exceptions(said: str) -> list[dict[str, Any]]:
    """A day for each line."""
    found = []
    for line in lines(said):
        day, _, rest = line.partition(" ")
        times, _, note = rest.strip().partition(" ")
        if not times:
            raise InvalidInput(A_LINE, code="invalid_date", field="exceptions", got=line)
        found.append({"date": day, "hours": day_hours(times, field="exceptions"), "note": note.strip()})
    return found


def day_texts(window: Window) -> dict[str, str]:
    """What stands in the field of each day; in that of every day alone where all have the same hours."""
    found = {day: _text(one for one in window.hours if day in one["days"]) for day in DAYS}
    return {EVERY: found[DAYS[0]]} if len(set(found.values())) == 1 else found


def exception_text(window: Window) -> str:
    """A line for each exception."""
    rows = window.exceptions.all()
    return "\n".join(f"{row.date} {_text(row.hours) or CLOSED} {row.note}".strip() for row in rows)


def _text(hours: Iterable[Mapping[str, Any]]) -> str:
    return ",".join(f"{one['from']}-{one['to']}" for one in sorted(hours, key=lambda one: one["from"]))


def bars(window: Window) -> list[dict[str, Any]]:
    """The week as bars: for each day its name, and what of its 24 hours is open, in per cent from midnight."""
    drawn: dict[str, list[dict[str, Any]]] = {day: [] for day in DAYS}
    for hours in window.hours:
        begin, end = span(hours)
        for day in hours["days"]:
            says = f"{hours['from']}-{hours['to']}"
            drawn[day].append(_bar(begin, min(end, MIDNIGHT), says))
            if end > MIDNIGHT:
                drawn[DAYS[(DAYS.index(day) + 1) % 7]].append(_bar(0, end - MIDNIGHT, says))
    return [{"name": DAY_NAMES[day], "bars": sorted(drawn[day], key=lambda one: one["left"])} for day in DAYS]


def _bar(begin: int, end: int, says: str) -> dict[str, Any]:
    return {"left": round(100 * begin / MIDNIGHT, 2), "width": round(100 * (end - begin) / MIDNIGHT, 2), "says": says}


def other_days(window: Window, today: date) -> list[dict[str, Any]]:
    """The days from today on that differ from the week, as bars: those of exceptions, and mornings after them."""
    week = week_of(window)
    rows = {row.date: row for row in window.exceptions.all() if row.date >= today - DAY}
    changed = {day + DAY for day in rows if _into_next(week.days[day.weekday()]) != _into_next(week.spans(day))}
    drawn = []
    for day in sorted(one for one in {*rows, *changed} if one >= today):
        row = rows.get(day)
        says = (_text(row.hours) or gettext(CLOSED)) if row else gettext("changed by the day before")
        if row and (still := _into_next(week.spans(day - DAY))):
            says += " · " + gettext("until %(end)s from the evening before") % {"end": _clock(max(still))}
        about = {"date": day, "name": DAY_NAMES[DAYS[day.weekday()]], "says": says, "note": row.note if row else ""}
        drawn.append(about | {"bars": _bars_of(week, day)})
    return drawn


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _into_next(spans: Iterable[Span]) -> list[int]:
    """How far hours reach into the day after, in minutes."""
    return [end - MIDNIGHT for _begin, end in spans if end > MIDNIGHT]


def _bars_of(week: Week, day: date) -> list[dict[str, Any]]:
    """What of a day is open: what ran on from the evening before, and what begins on it."""
    before = [(0, end) for end in _into_next(week.spans(day - DAY))]
    return [_bar(begin, min(end, MIDNIGHT), "") for begin, end in (*before, *week.spans(day))]
