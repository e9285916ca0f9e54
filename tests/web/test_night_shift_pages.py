"""What the overnight operator reads: reasons in lists, days that differ, followers that stay cancelled, whole words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from accounts.models import Project, User
from config import clock
from desk.night.digest import in_words
from desk.night.window_text import other_days
from jobs import presence
from jobs.device_hours import Device
from jobs.digest import Digest
from jobs.models import Attempt, JobAfter, State, Window
from jobs.window_services import create_window
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
NIGHTS = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "22:00", "to": "06:00"}]
CLOSED = {"date": "2026-12-24", "hours": [], "note": "holy evening"}  # a Thursday
THURSDAY = date(2026, 12, 24)


@pytest.fixture
def night(project: Project, submitter: User) -> Window:
    """The nights of working days, but not that of Christmas Eve."""
    said = {"name": "night", "timezone": "Europe/Berlin", "hours": NIGHTS, "exceptions": [CLOSED]}
    return create_window(project, actor=submitter, **said)


def full(project: Project, who: User) -> None:
    """One job runs of the one that may."""
    presence.here("train@here", ["train.cpu"])
    Project.objects.filter(pk=project.pk).update(max_running=1)
    running = builders.job(project, who, state=State.RUNNING, lease_until=clock.now() + timedelta(days=1))
    Attempt.objects.create(job=running, token=running.token, worker="train@here", started_at=clock.now(), outcome="")


@pytest.mark.parametrize("address", ["/", "/jobs/job/"])
def test_lists_say_which_quota_holds_a_job(
    address: str, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    full(project, submitter)
    builders.job(project, submitter)
    assert "quota: 1 of 1 running" in browser_of(submitter).get(address).content.decode()


def test_a_closed_window_stands_before_a_quota(
    submitter: User, project: Project, night: Window, browser_of: BrowserOf
) -> None:
    full(project, submitter)
    builders.job(project, submitter, window=night, state_reason="waits for window night, opens then")
    page = browser_of(submitter).get("/jobs/job/").content.decode()
    assert "waits for window night, opens then" in page
    assert "quota:" not in page


def test_a_list_with_quotas_costs_the_same_with_more_that_wait(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    Project.objects.filter(pk=project.pk).update(max_running=1, max_device_hours=1)
    browser, costs = browser_of(submitter), []
    for _ in range(2):
        for _ in range(10):
            builders.job(project, submitter)
        with CaptureQueriesContext(connection) as queries:
            browser.get("/jobs/job/")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_list_shows_a_priority_that_was_given(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    builders.job(project, submitter, priority=50)
    builders.job(project, submitter)
    page = browser_of(submitter).get("/jobs/job/").content.decode()
    assert page.count("priority 50") == 1
    assert "priority 0" not in page


def test_a_closed_day_is_drawn_with_what_runs_on_and_the_morning_it_takes_away(night: Window) -> None:
    drawn = other_days(night, THURSDAY)
    assert [one["date"] for one in drawn] == [THURSDAY, THURSDAY + timedelta(days=1)]
    assert [[(bar["left"], bar["width"]) for bar in one["bars"]] for one in drawn] == [[(0.0, 25.0)], [(91.67, 8.33)]]
    assert drawn[0]["says"] == "closed · until 06:00 from the evening before"


def test_days_that_are_over_are_not_drawn(night: Window) -> None:
    assert other_days(night, THURSDAY + timedelta(days=2)) == []


def test_an_exception_may_be_closed_in_the_language_of_the_page(
    submitter: User, night: Window, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter, "zh-hans")
    form = browser.get(f"/jobs/window/{night.pk}/edit/").context["form"]
    said = {name: form.initial.get(name, "") for name in form.fields} | {"exceptions": "2026-12-25 关闭"}
    assert browser.post(f"/jobs/window/{night.pk}/edit/", said).status_code == 302
    assert [(row.date, row.hours) for row in Window.objects.get().exceptions.all()] == [(date(2026, 12, 25), [])]


def test_a_wrong_exception_is_told_with_its_line(submitter: User, night: Window, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    form = browser.get(f"/jobs/window/{night.pk}/edit/").context["form"]
    said = {name: form.initial.get(name, "") for name in form.fields}
    said["exceptions"] = "2026-12-25 closed\n\n2026-12-26 10:00-12:00\n2026-12-25 09:00-10:00"
    refused = browser.post(f"/jobs/window/{night.pk}/edit/", said)
    assert "In this line: 2026-12-25 09:00-10:00" in refused.context["form"].errors["exceptions"]


def test_a_window_without_hours_is_told_as_the_form_takes_them(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    said = {"project": str(project.pk), "name": "night", "timezone": "UTC"}
    (error,) = browser_of(submitter).post("/jobs/window/add/", said).context["form"].errors["every"]
    assert error.endswith("Expected: 22:00-06:00.")


@pytest.mark.parametrize("address", ["/jobs/window/", "/jobs/schedule/"])
def test_an_empty_list_says_what_it_is_for(
    address: str, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    page = browser_of(submitter).get(address)
    assert str(page.context["cl"].model_admin.lead)[:30] in page.content.decode()


def test_a_training_form_without_windows_leads_to_one(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    last = f"/jobs/job/add/?family=dcgan&data={told.data.pk}&step=submit"
    assert 'href="/jobs/window/add/"' in browser_of(submitter).get(last).content.decode()


@pytest.mark.parametrize(("state", "said"), [(State.FAILED, True), (State.QUEUED, True), (State.SUCCEEDED, False)])
def test_followers_that_stay_cancelled_are_spoken_of(
    state: str, said: bool, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    first = builders.job(project, submitter, state=state)
    then = builders.job(project, submitter, "evaluate", state=State.CANCELLED)
    JobAfter.objects.create(job=then, earlier=first)
    page = browser_of(submitter).get(f"/jobs/job/{first.pk}/change/").content.decode()
    assert ("stays cancelled" in page) == said


def test_every_page_names_the_zone_of_its_times(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    assert "times: UTC" in browser_of(submitter).get("/jobs/job/").content.decode()


def test_a_switch_is_yes_or_no_in_the_language_of_the_page(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    job = builders.job(project, submitter, params={"use_classes": True}, facts={"exact": False})
    page = browser_of(submitter, "zh-hans").get(f"/jobs/job/{job.pk}/change/").content.decode()
    assert '<dd class="km-wrap">是</dd>' in page
    assert '<dd class="km-wrap">否</dd>' in page


def test_a_digest_names_devices_and_jobs_in_words(submitter: User, project: Project) -> None:
    now = clock.now()
    job = builders.job(project, submitter, state=State.SUCCEEDED, started_at=now, finished_at=now)
    found = Digest(
        begin=now - timedelta(hours=1), end=now, counts={}, held=[], finished=[job], failed=[], running=[], samples=[],
        plan=[], devices=[Device(worker="w", device="cpu", used_s=5, idle_s=None)], alarms=[],
    )  # fmt: skip
    with override("en"):
        words = in_words(found)
    assert words["devices"][0]["device"] == "cpu"
    assert words["finished"][0]["title"] == f"train {str(job.pk)[-8:]}"


def test_the_list_over_rest_says_which_quota_holds_a_job(submitter: User, project: Project) -> None:
    full(project, submitter)
    waiting = builders.job(project, submitter)
    client = Client()
    client.force_login(submitter)
    rows = client.get("/api/v1/jobs").json()["results"]
    assert [row["waiting"]["reason"] for row in rows if row["id"] == str(waiting.pk)] == ["quota: 1 of 1 running"]


def test_a_page_for_auditors_and_operators_says_whom_it_is_for(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    page = browser_of(submitter).get("/jobs/queuepause/forecasts/")
    assert page.status_code == 403
    assert "This needs an auditor or an operator of the platform." in page.content.decode()
