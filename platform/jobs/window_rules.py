"""What is refused of a window or a recurrence: zones, times, days, hours that overlap; each with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from jobs.windows import DAY, DAYS, MIDNIGHT, Span, Week, span, week
from models_store.errors import InvalidInput

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
WEEK = 7 * MIDNIGHT
MOST_HOURS, MOST_EXCEPTIONS, LONGEST_NOTE = 50, 400, 200
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)  # the days around an exception exist too
NO_HOURS = "A window needs opening hours: say on which days it is open, and from when to when."
ALL_DAY = "From and to are the same time: for a whole day say 00:00 to 24:00."
OVERLAP = "Two openings overlap: join them, or let one begin when the other ends."
SAME_DAY = "A day has two exceptions: put all its hours into one."
OVERLAPS_NEIGHBOUR = (
    "The hours of this exception overlap those of the day before or after: let one begin when the other ends."
)
HOUR_KEYS = ("days", "from", "to")


def checked_zone(said: Any, *, field: str = "timezone") -> str:
    """The name of a time zone; a wrong one is answered with those that look like it."""
    known = available_timezones()
    if isinstance(said, str) and said in known:
        return said
    near = difflib.get_close_matches(str(said), known, n=3)
    expected = near or "a name like Europe/Berlin"
    raise InvalidInput(
        "There is no time zone of that name.", code="unknown_zone", field=field, expected=expected, got=said
    )


def checked_time(said: Any, *, field: str, closes: bool = False) -> str:
    """A time of the day, HH:MM; a closing one may be 24:00."""
    if isinstance(said, str) and (TIME.fullmatch(said) or (closes and said == "24:00")):
        return said
    expected = "HH:MM, 00:01 to 24:00" if closes else "HH:MM, 00:00 to 23:59"
    raise InvalidInput("This is no time of the day.", code="invalid_time", field=field, expected=expected, got=said)


def checked_days(said: Any, *, field: str) -> list[str]:
    """Days of the week, each once, Monday first."""
    if not isinstance(said, list) or not said or (unknown := [one for one in said if one not in DAYS]):
        got = unknown[0] if isinstance(said, list) and said else said
        raise InvalidInput("This is no day of the week.", code="unknown_day", field=field, expected=list(DAYS), got=got)
    return [day for day in DAYS if day in said]


def checked_hours(said: Any) -> list[dict[str, Any]]:
    """Weekly opening hours; none of them overlap, also not from Sunday into Monday."""
    if said in (None, [], ()):
        raise InvalidInput(NO_HOURS, code="no_opening_hours", field="hours", expected=_example(HOUR_KEYS))
    found = [
        {"days": checked_days(one.get("days"), field=f"hours[{place}].days")} | _from_to(one, f"hours[{place}]")
        for place, one in enumerate(_listed(said, "hours", MOST_HOURS, HOUR_KEYS))
    ]
    of_days = [(DAYS.index(day) * MIDNIGHT, span(one)) for one in found for day in one["days"]]
    placed = sorted((start + begin, start + end) for start, (begin, end) in of_days)
    around = [*placed, (placed[0][0] + WEEK, placed[0][1] + WEEK)]
    if overlap := _overlap(around):
        raise InvalidInput(OVERLAP, code="overlapping_hours", field="hours", got=[_week_words(one) for one in overlap])
    return found


def checked_exceptions(said: Any, zone: str, hours: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Days with other hours: {"date", "hours" (none: closed), "note"}, oldest first."""
    keys = ("date", "hours", "note")
    found: dict[date, dict[str, Any]] = {}
    for place, one in enumerate(_listed(_given(said), "exceptions", MOST_EXCEPTIONS, keys)):
        field = f"exceptions[{place}]"
        day = _day(one.get("date"), f"{field}.date")
        if day in found:
            raise InvalidInput(SAME_DAY, code="overlapping_exception", field=field, got=str(day))
        found[day] = {"date": day, "hours": _of_a_day(one.get("hours"), f"{field}.hours"), "note": _note(one, field)}
    whole = week(zone, hours, {day: one["hours"] for day, one in found.items()})
    for place, day in enumerate(found):
        _fits_between(whole, day, f"exceptions[{place}]")
    return [found[day] for day in sorted(found)]


def _of_a_day(said: Any, field: str) -> list[dict[str, Any]]:
    hours = [
        _from_to(one, f"{field}[{place}]")
        for place, one in enumerate(_listed(_given(said), field, MOST_HOURS, ("from", "to")))
    ]
    if overlap := _overlap(sorted(map(span, hours))):
        raise InvalidInput(OVERLAP, code="overlapping_hours", field=field, got=[_words(one) for one in overlap])
    return hours


def _fits_between(whole: Week, day: date, field: str) -> None:
    """Refuse hours of an exception that run into the next day's, or into which the day before runs."""
    spans = [
        (begin + shift * MIDNIGHT, end + shift * MIDNIGHT)
        for shift in (-1, 0, 1)
        for begin, end in whole.spans(day + shift * DAY)
    ]
    if whole.spans(day) and (overlap := _overlap(sorted(spans))):
        got = [_words(one) for one in overlap]
        raise InvalidInput(OVERLAPS_NEIGHBOUR, code="overlapping_exception", field=field, got=got)


def _from_to(said: Mapping[str, Any], field: str) -> dict[str, str]:
    begin = checked_time(said.get("from"), field=f"{field}.from")
    end = checked_time(said.get("to"), field=f"{field}.to", closes=True)
    if begin == end or end == "00:00" == begin:
        raise InvalidInput(ALL_DAY, code="empty_hours", field=field, expected="00:00 to 24:00", got=f"{begin} to {end}")
    return {"from": begin, "to": end}


def _overlap(spans: list[Span]) -> list[Span]:
    """The first two of sorted spans that overlap."""
    return next(([one, other] for one, other in pairwise(spans) if other[0] < one[1]), [])


def _given(said: Any) -> Any:
    """What was said; a list of nothing where nothing was."""
    return [] if said is None else said


def _listed(said: Any, field: str, most: int, keys: tuple[str, ...]) -> list[Mapping[str, Any]]:
    """A list of objects with at most these names."""
    if not isinstance(said, list) or len(said) > most or not all(isinstance(one, Mapping) for one in said):
        expected = f"at most {most} of {_example(keys)}"
        raise InvalidInput("This is a list of objects.", field=field, expected=expected, got=said)
    for place, one in enumerate(said):
        if unknown := sorted(set(map(str, one)) - set(keys)):
            where = f"{field}[{place}].{unknown[0]}"
            raise InvalidInput("There is no such field.", code="unknown_field", field=where, expected=list(keys))
    return said


def _example(keys: tuple[str, ...]) -> str:
    shown = {"days": '["mon"]', "from": '"22:00"', "to": '"06:00"', "date": '"2026-12-24"', "hours": "[]"}
    return "{" + ", ".join(f'"{key}": {shown[key]}' for key in keys if key in shown) + "}"


def _day(said: Any, field: str) -> date:
    try:
        found = said if isinstance(said, date) else date.fromisoformat(said)
    except (TypeError, ValueError):
        found = None
    if found is None or not FIRST_DAY <= found <= LAST_DAY:
        expected = f"a day like 2026-12-24, from {FIRST_DAY} to {LAST_DAY}"
        raise InvalidInput("This is no day.", code="invalid_date", field=field, expected=expected, got=said)
    return found


def _note(said: Mapping[str, Any], field: str) -> str:
    note = "" if said.get("note") is None else said["note"]
    if not isinstance(note, str) or len(note) > LONGEST_NOTE or "\0" in note:
        expected = f"a text of at most {LONGEST_NOTE} characters, without NUL"
        raise InvalidInput("The note is a text.", field=f"{field}.note", expected=expected, got=note)
    return note


def _words(one: Span) -> str:
    begin, end = (f"{minute % MIDNIGHT // 60:02}:{minute % 60:02}" for minute in one)
    return f"{begin} to {end}"


def _week_words(one: Span) -> str:
    return f"{DAYS[one[0] // MIDNIGHT % 7]} {_words(one)}"
