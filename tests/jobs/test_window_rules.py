"""Windows that cannot be meant are refused with their place and a way out."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Window
from jobs.window_services import change_window, create_window
from models_store.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db
NIGHT = {"days": ["mon"], "from": "22:00", "to": "06:00"}
GOOD: dict[str, Any] = {"name": "night", "timezone": "UTC", "hours": [NIGHT]}


def hours(*said: dict[str, Any]) -> dict[str, Any]:
    return {"hours": list(said)}


def days(*said: dict[str, Any]) -> dict[str, Any]:
    return {"exceptions": list(said)}


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (hours(), "no_opening_hours", "hours"),
        ({"hours": None}, "no_opening_hours", "hours"),
        ({"hours": "22:00-06:00"}, "invalid_input", "hours"),
        (hours(NIGHT | {"days": []}), "unknown_day", "hours[0].days"),
        (hours(NIGHT, NIGHT | {"days": ["Tuesday"]}), "unknown_day", "hours[1].days"),
        (hours(NIGHT | {"days": "mon"}), "unknown_day", "hours[0].days"),
        (hours(NIGHT | {"days": [["mon"]]}), "unknown_day", "hours[0].days"),
        (hours(NIGHT | {"from": "10 pm"}), "invalid_time", "hours[0].from"),
        (hours(NIGHT | {"from": "24:00"}), "invalid_time", "hours[0].from"),
        (hours(NIGHT | {"to": "24:30"}), "invalid_time", "hours[0].to"),
        (hours(NIGHT | {"to": 6}), "invalid_time", "hours[0].to"),
        (hours(NIGHT | {"to": "22:00"}), "empty_hours", "hours[0]"),
        (hours(NIGHT | {"till": "06:00"}), "unknown_field", "hours[0].till"),
        (hours(NIGHT, {"days": ["tue"], "from": "05:00", "to": "07:00"}), "overlapping_hours", "hours"),
        (hours(NIGHT, NIGHT), "overlapping_hours", "hours"),
        (
            hours(NIGHT | {"days": ["sun"]}, {"days": ["mon"], "from": "05:59", "to": "07:00"}),
            "overlapping_hours",
            "hours",
        ),
        ({"timezone": "Europe/Berln"}, "unknown_zone", "timezone"),
        ({"timezone": None}, "unknown_zone", "timezone"),
        (days({"date": "24.12.2026"}), "invalid_date", "exceptions[0].date"),
        (days({"date": "2026-12-24"}, {"date": "2026-12-24"}), "overlapping_exception", "exceptions[1]"),
        (
            days({"date": "2026-12-22", "hours": [{"from": "05:00", "to": "07:00"}]}),
            "overlapping_exception",
            "exceptions[0]",
        ),
        (
            days({"date": "2026-12-24", "hours": [{"from": "05:00", "to": "07:00"}, {"from": "06:00", "to": "08:00"}]}),
            "overlapping_hours",
            "exceptions[0].hours",
        ),
        (days({"date": "2026-12-24", "hours": [{"from": "05:00"}]}), "invalid_time", "exceptions[0].hours[0].to"),
        (days({"date": "2026-12-24", "note": "x" * 201}), "invalid_input", "exceptions[0].note"),
        ({"name": " "}, "invalid_input", "name"),
        ({"name": "n" * 65}, "invalid_input", "name"),
    ],
)
def test_a_wrong_window_is_refused_with_its_place(project, submitter, wrong, code, field):
    with pytest.raises(InvalidInput) as refused:
        create_window(project, actor=submitter, **(GOOD | wrong))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert refused.value.expected is not None or refused.value.got is not None
    assert not Window.objects.exists()


def test_a_zone_that_was_misspelt_is_answered_with_those_like_it(project, submitter):
    with pytest.raises(InvalidInput) as refused:
        create_window(project, actor=submitter, **(GOOD | {"timezone": "Europe/Berln"}))
    assert "Europe/Berlin" in refused.value.expected


def test_the_same_time_twice_is_answered_with_how_to_say_a_whole_day(project, submitter):
    with pytest.raises(InvalidInput, match="00:00 to 24:00"):
        create_window(project, actor=submitter, **(GOOD | hours(NIGHT | {"from": "00:00", "to": "00:00"})))


def test_openings_that_touch_do_not_overlap(project, submitter):
    touching = hours(NIGHT, {"days": ["tue"], "from": "06:00", "to": "07:00"})
    assert create_window(project, actor=submitter, **(GOOD | touching)).hours == touching["hours"]


def test_a_name_is_taken_once_in_a_project(project, submitter):
    create_window(project, actor=submitter, **GOOD)
    with pytest.raises(Conflict) as refused:
        create_window(project, actor=submitter, **GOOD)
    assert (refused.value.field, refused.value.got) == ("name", "night")


def test_hours_are_changed_with_the_exceptions_that_stay(project, submitter):
    window = create_window(project, actor=submitter, **GOOD, **days({"date": "2026-12-22", "note": "closed"}))
    changed = change_window(window, actor=submitter, changes=hours(NIGHT | {"to": "07:00"}))
    assert [row.note for row in changed.exceptions.all()] == ["closed"]
    with pytest.raises(InvalidInput):
        change_window(window, actor=submitter, changes={"colour": "red"})
