"""When a window is open, held against a clock that is read minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.windows import DAYS, Week, longest, moment, next_opening, opening, span, week

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC")
CHANGES = {  # days on which clocks are changed, or none
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Asia/Shanghai": (date(2026, 6, 1),),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "UTC": (date(2026, 6, 1),),
}
MINUTE = timedelta(minutes=1)


def at(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def hours(days: str, begin: str, end: str) -> dict[str, Any]:
    return {"days": days.split(), "from": begin, "to": end}


class Clock:
    """What a zone's clock shows at each minute of some days: (moment, wall time) in order."""

    def __init__(self, zone: str, day: date) -> None:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
        moments = [start + number * MINUTE for number in range(5 * 24 * 60)]
        self.shown = [(one, one.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)) for one in moments]

    def moment(self, wall: datetime, *, closes: bool) -> datetime:
        """The first (or last) minute that shows this time, else the first that shows a later one."""
        same = [one for one, shown in self.shown if shown == wall]
        if same:
            return same[-1] if closes else same[0]
        return next(one for one, shown in self.shown if shown > wall)


@st.composite
def cases(draw: Any) -> tuple[str, date, list[dict[str, Any]], dict[date, list[dict[str, Any]]]]:
    """A zone, a day in it, weekly hours of any kind, and exceptions on the days around."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.sampled_from(CHANGES[zone]))
    times = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from((0, 15, 30)))
    ends = st.one_of(times, st.just("24:00"))
    part = st.tuples(times, ends).filter(lambda said: said[0] != said[1])
    days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True)
    weekly = draw(st.lists(st.builds(lambda d, p: {"days": d, "from": p[0], "to": p[1]}, days, part), max_size=3))
    special = st.lists(st.builds(lambda p: {"from": p[0], "to": p[1]}, part), max_size=2)
    around = st.sampled_from([day + timedelta(days=number) for number in (-1, 0, 1)])
    return zone, day, weekly, draw(st.dictionaries(around, special, max_size=2))


def read_minute_by_minute(zone: str, day: date, weekly: Any, exceptions: Any) -> tuple[Clock, list[bool]]:
    """Whether the window is open at each minute of the clock, found without any arithmetic on offsets."""
    clock = Clock(zone, day)
    spans = []
    for shift in range(-2, 3):
        one = day + timedelta(days=shift)
        said = exceptions[one] if one in exceptions else [row for row in weekly if DAYS[one.weekday()] in row["days"]]
        for begin, end in map(span, said):
            midnight = datetime(one.year, one.month, one.day)
            walls = midnight + begin * MINUTE, midnight + end * MINUTE
            if walls[1] > clock.shown[-1][1]:
                continue
            if walls[0] >= clock.shown[0][1]:
                spans.append((clock.moment(walls[0], closes=False), clock.moment(walls[1], closes=True)))
    return clock, [any(start <= one < end for start, end in spans) for one, _ in clock.shown]


@given(cases())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_window_is_open_at_just_the_minutes_at_which_a_clock_that_is_read_says_so(case):
    zone, _, weekly, exceptions = case
    clock, open_ = read_minute_by_minute(*case)
    found = week(zone, weekly, exceptions)
    inner = range(24 * 60, 4 * 24 * 60, 37)  # what begins outside of the clock's days reaches into the outer ones
    for number in inner:
        one = clock.shown[number][0]
        assert (opening(found, one) is not None) == open_[number], (one, clock.shown[number][1])


@given(cases())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_an_opening_begins_and_ends_where_the_minutes_change(case):
    zone, _, weekly, exceptions = case
    clock, open_ = read_minute_by_minute(*case)
    found = week(zone, weekly, exceptions)
    first, last = 24 * 60, 4 * 24 * 60
    for number in range(first, last):
        one = clock.shown[number][0]
        if open_[number] and not open_[number - 1]:
            now = opening(found, one)
            assert now is not None
            assert now.start == one
            assert next_opening(found, one - MINUTE) == now
        if open_[number - 1] and not open_[number]:
            before = opening(found, one - MINUTE)
            assert before is not None
            assert before.end == one


@pytest.mark.parametrize("zone", ZONES)
def test_hours_that_fill_the_week_never_close(zone):
    found = week(zone, [hours(" ".join(DAYS), "00:00", "24:00")], {})
    now = at(zone, "2026-03-28 12:00")
    assert opening(found, now).end is None
    assert next_opening(found, now) is None


def test_a_night_lasts_an_hour_less_when_clocks_go_forward_and_one_more_when_they_go_back():
    found = week("Europe/Berlin", [hours("sat", "22:00", "06:00")], {})
    lengths = [
        opening(found, at("Europe/Berlin", f"{day} 23:00")).seconds / 3600 for day in ("2026-03-28", "2026-10-24")
    ]
    assert lengths == [7, 9]


def test_an_opening_whose_hours_do_not_exist_on_a_day_is_left_out():
    found = week("Europe/Berlin", [hours("sun", "02:10", "02:50")], {})
    assert next_opening(found, at("Europe/Berlin", "2026-03-28 12:00")).start == at("Europe/Berlin", "2026-04-05 02:10")


def test_a_time_that_does_not_exist_is_the_first_one_after_it():
    assert moment(date(2026, 3, 29), 150, ZoneInfo("Europe/Berlin")) == at("Europe/Berlin", "2026-03-29 03:00")


def test_a_time_that_exists_twice_is_the_first_for_opening_and_the_second_for_closing():
    day, zone = date(2026, 10, 25), ZoneInfo("Europe/Berlin")
    assert moment(day, 150, zone, closes=True) - moment(day, 150, zone) == timedelta(hours=1)


def test_openings_without_a_gap_between_them_are_one():
    found = week("UTC", [hours("mon", "20:00", "24:00"), hours("tue", "00:00", "04:00")], {})
    assert opening(found, at("UTC", "2026-11-23 21:00")).end == at("UTC", "2026-11-24 04:00")


def test_a_closed_day_keeps_what_began_the_evening_before():
    nights = [hours(" ".join(DAYS), "22:00", "06:00")]
    found = week("UTC", nights, {date(2026, 12, 24): []})
    assert opening(found, at("UTC", "2026-12-24 05:00")) is not None
    assert opening(found, at("UTC", "2026-12-24 23:00")) is None
    assert next_opening(found, at("UTC", "2026-12-24 06:00")).start == at("UTC", "2026-12-25 22:00")


def test_an_extra_day_has_its_own_hours_alone():
    found = week("UTC", [hours("mon", "22:00", "23:00")], {date(2026, 11, 23): [{"from": "08:00", "to": "09:00"}]})
    assert opening(found, at("UTC", "2026-11-23 08:30")) is not None
    assert opening(found, at("UTC", "2026-11-23 22:30")) is None


def test_the_next_opening_is_found_behind_weeks_of_closed_days():
    closed = {date(2026, 7, 1) + timedelta(days=number): [] for number in range(60)}
    found = week("UTC", [hours(" ".join(DAYS), "22:00", "06:00")], closed)
    assert next_opening(found, at("UTC", "2026-07-02 12:00")).start == at("UTC", "2026-08-30 22:00")


def test_a_window_that_never_opens_again_has_no_next_opening():
    assert next_opening(Week(ZoneInfo("UTC"), ((),) * 7), at("UTC", "2026-07-02 12:00")) is None


def test_the_longest_opening_is_found():
    found = week("UTC", [hours("mon tue", "22:00", "23:00"), hours("sun", "08:00", "20:00")], {})
    assert longest(found, at("UTC", "2026-11-23 12:00")).seconds == 12 * 3600
