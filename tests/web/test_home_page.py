"""The home page: what a person's projects do now, tonight and did last night, on which devices, and what is next."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from audit import reviews
from config import clock
from jobs.models import Job, Listener, Schedule, State, Window
from lineage.models import Artifact
from tests import builders
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FACTS = {
    "device": "cuda:0", "name": "A GPU", "cores": 4, "load": 0.5, "memory_bytes": 2**34, "memory_used_bytes": 2**33,
    "temperature_c": 61.4, "gpu_load": 0.97, "disk_free_bytes": 2**36, "disk_total_bytes": 2**37, "broker": "ok",
}  # fmt: skip


def window(project: Project, who: User, **hours: str) -> Window:
    """Open every day."""
    said = {"timezone": "UTC", "hours": [{"days": DAYS, **hours}], "created_by": who, "created_at": clock.now()}
    return Window.objects.create(project=project, name="nights", **said)


def card(browser: Client, name: str) -> str:
    return browser.get("/").context["cards"][name]


def seen(browser: Client) -> list[str]:
    return re.findall(r'name="seen" value="([^"]+)"', browser.get("/").content.decode())


def test_a_running_job_shows_its_newest_sample_progress_person_and_device(
    told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    Job.objects.filter(pk=told.training.pk).update(worker="cpu-1")
    said = card(browser_of(submitter), "now")
    for part in (f"/jobs/{told.training.pk}/samples/600", "44 %", "about 74 seconds left", "sam", "cpu-1 · cpu"):
        assert part in said


def test_what_waits_says_why(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    builders.job(project, submitter, name="patient one", state_reason="waits for a free worker")
    said = card(browser_of(submitter), "now")
    assert "patient one" in said
    assert "no worker listens to queue train.cpu" in said


def test_nobody_sees_what_happens_in_projects_of_others(
    told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    home = browser_of(people["stranger"]).get("/").content.decode()
    assert "digits overnight" not in home
    assert "ingest xrays" not in home


@pytest.mark.parametrize("role", ["auditor", "operator"])
def test_auditors_and_operators_see_the_jobs_of_all_projects(role: str, told: Story, browser_of: BrowserOf) -> None:
    looks = builders.person("looks", platform_role=role)
    assert "digits overnight" in card(browser_of(looks), "now")


def test_tonight_shows_a_bound_job_within_the_opening_of_its_window(
    project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    now = clock.now()
    Listener.objects.create(worker="w", queue="train.cpu", seen_at=now)
    opens = now + timedelta(hours=3)
    nights = window(project, submitter, **{"from": f"{opens:%H:%M}", "to": f"{opens + timedelta(hours=6):%H:%M}"})
    past = {"state": State.SUCCEEDED, "started_at": now - timedelta(hours=9), "finished_at": now - timedelta(hours=8)}
    builders.job(project, submitter, **past)
    builders.job(project, submitter, name="bound one", window=nights)
    said = card(browser_of(submitter), "tonight")
    assert f"open {opens:%H:%M}" in said
    assert "1 job waits for it" in said
    assert f"about {opens:%H:%M}" in said


def test_tonight_shows_what_recurs(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    due = {"next_due": clock.now() + timedelta(hours=5), "created_at": clock.now(), "submitted_by": submitter}
    Schedule.objects.create(project=project, name="every night", timezone="UTC", days=DAYS, at="03:00", **due)
    assert f"recurring, due {due['next_due']:%H:%M}" in card(browser_of(submitter), "tonight")


def test_tonight_names_a_job_that_does_not_fit(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    now = clock.now()
    Listener.objects.create(worker="w", queue="train.cpu", seen_at=now)
    past = {"state": State.SUCCEEDED, "started_at": now - timedelta(hours=60), "finished_at": now}
    builders.job(project, submitter, **past)
    builders.job(project, submitter, name="too long for a night")
    said = card(browser_of(submitter), "tonight")
    assert "Will not be done tonight" in said
    assert "It is expected to end on" in said


def test_the_morning_names_failures_with_their_reason_and_leaves_out_what_made_nothing(
    told: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    for number in range(30):
        empty = {"state": State.SUCCEEDED, "finished_at": clock.now(), "result": {"count": 0}, "queue": "generate.cpu"}
        builders.job(project, submitter, "generate", name=f"history {number}", **empty)
    said = card(browser_of(submitter), "morning")
    assert "xrays.csv: this kind of file is not read." in said
    assert "digits overnight" in said
    assert "history" not in said


def test_a_worker_shows_its_device_and_what_it_runs(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    Listener.objects.create(worker="gpu-1", queue="train.cuda", seen_at=clock.now(), facts=FACTS)
    Job.objects.filter(pk=told.training.pk).update(worker="gpu-1")
    said = card(browser_of(submitter), "devices")
    for part in ("A GPU (cuda:0)", "50 % of 4 cores", "8.0", "61 °C", "97 %", "digits overnight", "train.cuda"):
        assert part in said


def test_a_worker_that_is_not_heard_of_is_shown_as_away(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    gone = clock.now() - timedelta(minutes=7)
    Listener.objects.create(worker="io-1", queue="io", seen_at=gone, facts=FACTS)
    said = card(browser_of(submitter), "devices")
    assert "Last heard of" in said
    assert "61 °C" not in said


def test_a_job_of_another_project_has_no_name_on_a_device(
    told: Story, people: dict[str, User], browser_of: BrowserOf
) -> None:
    Listener.objects.create(worker="gpu-1", queue="train.cuda", seen_at=clock.now(), facts=FACTS)
    Job.objects.filter(pk=told.training.pk).update(worker="gpu-1")
    said = card(browser_of(people["stranger"]), "devices")
    assert "a job of another project" in said
    assert "digits overnight" not in said


def test_a_review_leads_to_the_desk_and_own_work_says_that_others_decide(
    told: Story, project: Project, reviewer: User, browser_of: BrowserOf
) -> None:
    flagged = builders.job(project, reviewer, "generate", name="of rita", state=State.HELD, queue="generate.cpu")
    asked = reviews.ask(("job", str(flagged.pk)), project=project.pk, why="a policy")
    said = card(browser_of(reviewer), "reviews")
    assert f"/audit/reviewrequest/?from={asked.pk}" in said
    assert "your own work: somebody else decides" in said


def test_an_empty_platform_says_what_to_do_first(project: Project, submitter: User, browser_of: BrowserOf) -> None:
    steps = browser_of(submitter).get("/").context["steps"]
    assert [one["done"] for one in steps] == [False] * 5
    assert [one["current"] for one in steps] == [True] + [False] * 4


def test_first_steps_go_away_once_all_are_done(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    assert Artifact.objects.exists()
    told.model.stage = "approved"
    told.model.save(update_fields=["stage"])
    assert browser_of(submitter).get("/").context["steps"] == []


@pytest.mark.parametrize("pace", ["often", "seldom"])
def test_cards_that_did_not_change_are_not_sent_again(
    pace: str, told: Story, submitter: User, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    assert browser.get(f"/cards/{pace}/", {"seen": seen(browser)}).status_code == 204


def test_only_the_card_that_changed_is_sent_again(told: Story, submitter: User, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    had = seen(browser)
    Job.objects.filter(pk=told.training.pk).update(done=1300)
    answer = browser.get("/cards/often/", {"seen": had}).content.decode()
    assert re.findall(r'id="card-(\w+)"', answer) == ["now"]
    assert 'hx-swap-oob="outerHTML"' in answer


def test_whoever_is_not_logged_in_gets_no_card(told: Story) -> None:
    assert Client().get("/cards/often/").status_code == 302


def weight(answer: Any) -> int:
    return len(answer.content)


def test_the_home_page_of_a_busy_platform_stays_light(
    told: Story, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    for number in range(40):
        builders.job(project, submitter, name=f"a rather long name of a job, number {number}", state_reason="x" * 300)
        Listener.objects.create(worker=f"w{number}", queue="train.cpu", seen_at=clock.now(), facts=FACTS)
    assert weight(browser_of(submitter).get("/")) < 100_000
