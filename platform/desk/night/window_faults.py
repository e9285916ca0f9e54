"""What is wrong with the hours and exceptions of a form of a window: each fault with its place, not the first alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.night.window_text import CLOSED, EVERY, day_hours, exceptions, lines, week_hours
from jobs.window_rules import MOST_EXCEPTIONS, checked_exceptions, checked_hours
from jobs.windows import DAYS
from models_store.errors import ProductError

MOST_FAULTS = 10  # lines that are told of at once
EXAMPLE = "22:00-06:00"


def hours_faults(by_day: Mapping[str, str]) -> dict[str, ProductError]:
    """The fault of each field of hours; then that of the week as a whole, as far as its fields are right."""
    found: dict[str, ProductError] = {}
    for name in (EVERY, *DAYS):
        try:
            if hours := day_hours(by_day.get(name, ""), field=name):
                checked_hours([{"days": [DAYS[0]]} | one for one in hours])
        except ProductError as error:
            found[name] = error
    right = {name: CLOSED if name in found else said for name, said in by_day.items()}
    try:
        checked_hours(week_hours(right))
    except ProductError as error:
        if error.code != "no_opening_hours":
            found.setdefault(_written(error, by_day), error)
        elif not found:
            error.expected = EXAMPLE
            found[EVERY] = error
    return found


def _written(error: ProductError, by_day: Mapping[str, str]) -> str:
    """The field that the later of two openings that overlap stands in, or else the earlier; that of every day."""
    if error.code != "overlapping_hours":
        return EVERY
    days = [said.partition(" ")[0] for said in reversed(error.got)]
    return next((day for day in days if by_day.get(day)), EVERY)


def exception_faults(said: str, hours: list[dict[str, Any]]) -> list[tuple[str, ProductError]]:
    """Lines that are wrong by themselves, then those that do not fit the others or the week; "" is the whole field."""
    found: list[tuple[str, ProductError]] = []
    rows: list[tuple[str, dict[str, Any]]] = []
    for line in lines(said)[: MOST_EXCEPTIONS + 1]:
        try:
            (row,) = exceptions(line)
            checked_exceptions([row], "UTC", [])
            rows.append((line, row))
        except ProductError as error:
            found.append((line, error))
    while len(found) < MOST_FAULTS and (fault := _misfit([row for _line, row in rows], hours)):
        place, error = fault
        if place is None:
            return [*found, ("", error)]
        found.append((rows.pop(place)[0], error))
    return found[:MOST_FAULTS]


def _misfit(rows: list[dict[str, Any]], hours: list[dict[str, Any]]) -> tuple[int | None, ProductError] | None:
    """The first row that does not fit, with its place."""
    try:
        checked_exceptions(rows, "UTC", hours)
    except ProductError as error:
        place = (error.field or "").removeprefix("exceptions[").partition("]")[0]
        return int(place) if place.isdecimal() else None, error
    return None
