"""Queues, digest and forecasts in the admin, a job's place in the line, and actions on many jobs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from config import clock
from jobs import presence
from jobs.models import Job, QueuePause, State
from tests import builders
from tests.jobs.history import ran
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
CHANGES = "/jobs/job/{}/change/"


@pytest.fixture
def operator(db: None) -> User:
    """Runs the platform."""
    return builders.person("root", is_superuser=True, is_staff=True)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("address", ["/jobs/queuepause/", "/jobs/digestmail/"])
def test_pages_answer_members_and_operators(
    address: str, language: str, told: Story, submitter: User, operator: User, browser_of: BrowserOf
) -> None:
    for user in (submitter, operator):
        assert browser_of(user, language).get(address).status_code == 200


def test_the_short_address_of_the_digest_leads_there(submitter: User, browser_of: BrowserOf) -> None:
    answer = browser_of(submitter).get("/digest?from=2026-03-01T18:00")
    assert answer["Location"] == "/jobs/digestmail/?from=2026-03-01T18:00"


def test_the_digest_tells_of_a_night(told: Story, submitter: User, operator: User, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get("/jobs/digestmail/").content.decode()
    for said in ("xrays.csv: this kind of file is not read.", "digits overnight", "/samples/1400", "Still running"):
        assert said in page
    assert "Idle" not in page
    assert "Idle" in browser_of(operator).get("/jobs/digestmail/").content.decode()


def test_a_stranger_reads_nothing_of_it(told: Story, people: dict[str, User], browser_of: BrowserOf) -> None:
    page = browser_of(people["stranger"]).get("/jobs/digestmail/").content.decode()
    assert not [said for said in ("xrays.csv", "digits overnight", "studio") if said in page]


@pytest.mark.parametrize("query", ["from=x", "from=2026-03-02T00:00&to=2026-03-01T00:00", "to=2026-99-99T00:00"])
def test_a_time_that_is_none_is_said_and_the_digest_shown(
    query: str, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).get(f"/jobs/digestmail/?{query}")
    assert answer.status_code == 200
    assert "Expected:" in answer.content.decode()


def test_an_operator_pauses_a_queue_and_lets_it_go_on(
    operator: User, project: Project, submitter: User, browser_of: BrowserOf
) -> None:
    builders.job(project, submitter)
    browser = browser_of(operator)
    page = browser.post("/jobs/queuepause/train.cpu/pause/", {"reason": "new disk"}, follow=True).content.decode()
    assert "new disk" in page
    browser.post("/jobs/queuepause/train.cpu/resume/")
    assert not QueuePause.objects.exists()


def test_a_member_sees_queues_without_buttons(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    builders.job(project, submitter)
    browser = browser_of(submitter)
    assert "/pause/" not in browser.get("/jobs/queuepause/").content.decode()
    browser.post("/jobs/queuepause/train.cpu/pause/")
    assert not QueuePause.objects.exists()


def test_forecasts_are_held_against_what_came(
    operator: User, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    now = clock.now()
    for late in (-100, -50, 50):
        end = {name: (now - timedelta(seconds=late)).isoformat() for name in ("p50", "p90")}
        ran(project, submitter, now, 60.0, forecast={"start": end, "end": end})
    page = browser_of(operator).get("/jobs/queuepause/forecasts/").content.decode()
    assert "67 %" in page
    assert "outside" in page
    assert browser_of(submitter).get("/jobs/queuepause/forecasts/").status_code == 403


def test_a_job_page_says_place_times_and_zone(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    presence.here("w1", ["train.cpu"])
    for _ in range(6):
        ran(project, submitter, clock.now() - timedelta(hours=2), 600.0)
    builders.job(project, submitter, family="dcgan")
    job = builders.job(project, submitter, family="dcgan")
    page = browser_of(submitter).get(CHANGES.format(job.pk)).content.decode()
    for said in ("waits behind one other", "About 1 job stands before it.", "Begins about", "(UTC)", "Learned from 6"):
        assert said in page
    assert "前面还有一个任务" in browser_of(submitter, "zh-hans").get(CHANGES.format(job.pk)).content.decode()


def test_a_job_page_is_honest_without_history(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    presence.here("w1", ["train.cpu"])
    job = builders.job(project, submitter)
    assert "no like job has run yet" in browser_of(submitter).get(CHANGES.format(job.pk)).content.decode()


def test_priority_and_place_are_changed_on_the_page_of_a_job(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    first, second = builders.job(project, submitter), builders.job(project, submitter)
    browser = browser_of(submitter)
    browser.post(f"/jobs/job/{second.pk}/move/front/")
    assert list(Job.objects.order_by("position", "pk")) == [second, first]
    browser.post(f"/jobs/job/{first.pk}/priority/", {"priority": "-3"})
    assert Job.objects.get(pk=first.pk).priority == -3
    page = browser.post(f"/jobs/job/{first.pk}/priority/", {"priority": "many"}, follow=True).content.decode()
    assert "The priority is a whole number." in page


def test_a_viewer_gets_no_place_to_change(people: dict[str, User], project: Project, browser_of: BrowserOf) -> None:
    job = builders.job(project, people["submitter"])
    assert "job-priority" not in browser_of(people["viewer"]).get(CHANGES.format(job.pk)).content.decode()


def test_chosen_jobs_are_cancelled_and_what_came_too_late_is_said(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    waiting, over = builders.job(project, submitter), builders.job(project, submitter, state=State.SUCCEEDED)
    said = {"action": "cancel", "_selected_action": [str(waiting.pk), str(over.pk)]}
    page = browser_of(submitter).post("/jobs/job/", said, follow=True).content.decode()
    assert Job.objects.get(pk=waiting.pk).state == State.CANCELLED
    assert "Done for 1 job." in page
    assert "Too late: the job is succeeded." in page


def test_the_list_says_what_keeps_a_job(
    submitter: User, operator: User, project: Project, browser_of: BrowserOf
) -> None:
    builders.job(project, submitter)
    assert "no worker listens to queue train.cpu" in browser_of(submitter).get("/jobs/job/").content.decode()
    QueuePause.objects.create(queue="train.cpu", paused_by=operator, paused_at=clock.now())
    assert "queue train.cpu is paused by root" in browser_of(submitter).get("/jobs/job/").content.decode()


def test_the_list_costs_the_same_with_more_that_wait(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    browser, costs = browser_of(submitter), []
    for _ in range(2):
        for _ in range(10):
            builders.job(project, submitter)
        with CaptureQueriesContext(connection) as queries:
            browser.get("/jobs/job/")
        costs.append(len(queries))
    assert costs[0] == costs[1]
