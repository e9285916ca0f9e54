"""Opening hours as people write them into a form: 22:00-06:00, 12:00-13:00; a line for each exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy, gettext_noop

from jobs.models import Window
from jobs.windows import DAYS, MIDNIGHT, span
from models_store.errors import InvalidInput

CLOSED = "closed"
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


def week_hours(by_day: Mapping[str, str]) -> list[dict[str, Any]]:
    """Weekly hours of what stands in the field of each day; days with the same hours are one entry."""
    found: dict[tuple[str, str], list[str]] = {}
    for day in DAYS:
        for part in parts(by_day.get(day, ""), field=day):
            found.setdefault((part["from"], part["to"]), []).append(day)
    return [{"days": days, "from": begin, "to": end} for (begin, end), days in found.items()]


def exceptions(said: str) -> list[dict[str, Any]]:
    """A day for each line."""
    found = []
    for line in filter(None, (one.strip() for one in said.splitlines())):
        day, _, rest = line.partition(" ")
        times, _, note = rest.strip().partition(" ")
        if not times:
            raise InvalidInput(A_LINE, code="invalid_date", field="exceptions", got=line)
        hours = [] if times.lower() == CLOSED else parts(times, field="exceptions")
        found.append({"date": day, "hours": hours, "note": note.strip()})
    return found


def day_texts(window: Window) -> dict[str, str]:
    """What stands in the field of each day."""
    return {day: _text(one for one in window.hours if day in one["days"]) for day in DAYS}


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
