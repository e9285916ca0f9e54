"""The form of a window: all faults at once, hours said once for all days, the zone of the page; a wait in that zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.models import Project, User
from config import clock
from desk.job.waiting import told
from desk.night.times import in_reader_zone, zone_name
from jobs import presence
from jobs.models import State, Window
from jobs.window_services import create_window
from tests import builders

pytestmark = pytest.mark.django_db
NIGHTLY = {"name": "night", "timezone": "Europe/Berlin", "every": "22:00-06:00"}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
OPENS = "waits for window night, opens 2026-03-01 22:00 Europe/Berlin"
WRONG = {
    "timezone": "Berlin",
    "every": "10pm",
    "tue": "5-7",
    "fri": "10:00-12:00, 11:00-13:00",
    "exceptions": "tomorrow\n2026-12-26 08:00-20:00\n2026-12-24 closed\n2026-12-24 closed",
}


@pytest.fixture
def night(project: Project, submitter: User) -> Window:
    """Every night of Berlin."""
    hours = [{"days": DAYS, "from": "22:00", "to": "06:00"}]
    return create_window(project, actor=submitter, name="night", timezone="Europe/Berlin", hours=hours)


def posted(browser: Any, project: Project, said: dict[str, str]) -> Any:
    """The answer to a new window."""
    return browser.post("/jobs/window/add/", {"project": str(project.pk)} | said)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_all_faults_are_told_at_once_each_beside_its_field(
    language: str, project: Project, submitter: User, night: Window, browser_of: Any
) -> None:
    answer = posted(browser_of(submitter, language), project, WRONG | {"name": "night"})
    form = answer.context["form"]
    assert (answer.status_code, set(form.errors)) == (422, {"name", *WRONG})
    page = answer.content.decode()
    assert all(f'id="id_{name}_error"' in page for name in form.errors)
    assert Window.objects.count() == 1


def test_what_was_typed_is_kept_beside_the_faults(project: Project, submitter: User, browser_of: Any) -> None:
    form = posted(browser_of(submitter), project, WRONG | {"sun": "closed"}).context["form"]
    assert {name: form[name].value() for name in (*WRONG, "sun")} == WRONG | {"sun": "closed"}


def test_each_wrong_line_of_the_exceptions_is_told(project: Project, submitter: User, browser_of: Any) -> None:
    errors = posted(browser_of(submitter), project, WRONG).context["form"].errors["exceptions"]
    assert [one for one in errors if one.startswith("In this line")] == [
        "In this line: tomorrow",
        "In this line: 2026-12-24 closed",
    ]


def test_hours_said_once_are_those_of_every_day(project: Project, submitter: User, browser_of: Any) -> None:
    assert posted(browser_of(submitter), project, NIGHTLY).status_code == 302
    assert Window.objects.get().hours == [{"days": DAYS, "from": "22:00", "to": "06:00"}]


def test_a_day_may_differ_or_be_closed(project: Project, submitter: User, browser_of: Any) -> None:
    said = NIGHTLY | {"sat": "20:00-21:00", "sun": "closed"}
    assert posted(browser_of(submitter), project, said).status_code == 302
    assert Window.objects.get().hours == [
        {"days": DAYS[:5], "from": "22:00", "to": "06:00"},
        {"days": ["sat"], "from": "20:00", "to": "21:00"},
    ]


def test_a_day_that_overlaps_those_of_every_day_is_marked_itself(
    project: Project, submitter: User, browser_of: Any
) -> None:
    for day, hours in {
        "tue": "05:00-07:00",
        "wed": "21:00-22:30, 23:00-23:30, 23:15-23:20",
        "sat": "23:00-22:30",
    }.items():
        form = posted(browser_of(submitter), project, NIGHTLY | {day: hours}).context["form"]
        assert list(form.errors) == [day]


def test_hours_of_every_day_that_run_into_themselves_are_marked_once(
    project: Project, submitter: User, browser_of: Any
) -> None:
    form = posted(browser_of(submitter), project, NIGHTLY | {"every": "22:00-06:00, 05:00-08:00"}).context["form"]
    assert list(form.errors) == ["every"]


def test_the_same_hours_on_all_days_stand_in_one_field(submitter: User, night: Window, browser_of: Any) -> None:
    form = browser_of(submitter).get(f"/jobs/window/{night.pk}/edit/").context["form"]
    assert [form[name].value() or "" for name in ("every", *DAYS)] == ["22:00-06:00", *[""] * 7]


@pytest.mark.parametrize("address", ["/jobs/window/add/", "/jobs/schedule/add/"])
def test_the_zone_of_the_page_stands_in_a_new_form(
    address: str, project: Project, submitter: User, browser_of: Any
) -> None:
    form = browser_of(submitter).get(address).context["form"]
    assert form["timezone"].value() == zone_name()


def test_a_window_keeps_its_own_zone(submitter: User, night: Window, browser_of: Any) -> None:
    form = browser_of(submitter).get(f"/jobs/window/{night.pk}/edit/").context["form"]
    assert form["timezone"].value() == "Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("UTC", "opens 2026-03-01 21:00 (UTC; 22:00 Europe/Berlin)"),
        ("Europe/Berlin", "opens 2026-03-01 22:00 (Europe/Berlin)"),
        ("Asia/Shanghai", "opens 2026-03-02 05:00 (Asia/Shanghai; 2026-03-01 22:00 Europe/Berlin)"),
    ],
)
def test_an_opening_is_told_by_the_readers_clock_and_the_windows(zone: str, said: str) -> None:
    with timezone.override(zone):
        assert in_reader_zone(OPENS) == f"waits for window night, {said}"


def test_a_close_is_told_with_its_zone() -> None:
    left = "window night closed at 06:00; goes on when it opens 2026-03-03 22:00 Europe/Berlin"
    with timezone.override("UTC"):
        assert in_reader_zone(left) == (
            "window night closed at 06:00 Europe/Berlin; goes on when it opens "
            "2026-03-03 21:00 (UTC; 22:00 Europe/Berlin)"
        )


@pytest.mark.parametrize("reason", ["", "waits for a free worker", OPENS.replace("Berlin", "Atlantis")])
def test_other_reasons_stay_as_they_are(reason: str) -> None:
    assert in_reader_zone(reason) == reason


def test_a_waiting_job_is_told_so_in_chinese_too(
    project: Project, submitter: User, night: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))
    presence.here("train@here", ["train.cpu"])
    job = builders.job(project, submitter, state=State.QUEUED, window=night, state_reason=OPENS)
    with override("zh-hans"), timezone.override("UTC"):
        assert told(job)["reason"] == "等待时间窗口 night，2026-03-01 21:00 (UTC; 22:00 Europe/Berlin) 开放"
