"""When a recurring job is due, over changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.recurrence import latest_due, next_due
from jobs.windows import DAYS

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2026-03-27 12:00", "2026-03-28 02:30"),
        ("2026-03-28 12:00", "2026-03-29 03:00"),
        ("2026-03-29 12:00", "2026-03-30 02:30"),
    ],
)
def test_a_time_that_does_not_exist_on_a_day_is_made_up_for_right_after(after, due):
    assert next_due("Europe/Berlin", DAYS, "02:30", berlin(after)) == berlin(due)


def test_a_time_that_exists_twice_is_due_once():
    first = next_due("Europe/Berlin", DAYS, "02:30", berlin("2026-10-25 00:00"))
    assert next_due("Europe/Berlin", DAYS, "02:30", first) == berlin("2026-10-26 02:30")


@given(
    zone=st.sampled_from(ZONES),
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True),
    hour=st.integers(0, 23),
    minute=st.sampled_from((0, 15, 30, 59)),
    after=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_each_named_day_is_due_once_and_at_its_time_where_that_exists(zone, days, hour, minute, after):
    at, now, local = f"{hour:02}:{minute:02}", after.replace(tzinfo=UTC), ZoneInfo(zone)
    dues: list[datetime] = []
    while not dues or dues[-1] < now + timedelta(days=15):
        dues.append(next_due(zone, days, at, dues[-1] if dues else now))
    walls = [one.astimezone(local) for one in dues]
    first, last = walls[0].date(), walls[-1].date()
    named = [one for one in span(first, last) if DAYS[one.weekday()] in days]
    assert [one.date() for one in walls] == named
    late = [one for one in walls if (one.hour, one.minute) != (hour, minute)]
    assert all(one.replace(hour=hour, minute=minute, fold=0).astimezone(UTC).astimezone(local) != one for one in late)
    assert len(late) <= 1
    assert latest_due(zone, days, at, dues[1] + timedelta(seconds=1)) == dues[1]


def span(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
