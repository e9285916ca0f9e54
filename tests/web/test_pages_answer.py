"""Every page answers whoever may see it, and nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from catalog.models import DatasetVersion, ModelVersion, VersionState
from config import clock
from jobs.models import JobInput, State
from tests import builders
from tests.web.addresses import LISTS, details
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
ROLES = ("viewer", "submitter", "reviewer", "owner")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_every_role(
    role: str, language: str, people: dict[str, User], told: Story, project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people[role], language)
    for address in (*LISTS, *details(told, project).values()):
        assert browser.get(address).status_code == 200, address


def test_a_stranger_is_told_that_there_is_nothing(
    people: dict[str, User], told: Story, project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(people["stranger"])
    for name, address in details(told, project).items():
        assert browser.get(address).status_code == 404, name


def test_a_stranger_sees_no_names_in_lists(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    browser = browser_of(people["stranger"])
    for address in LISTS:
        page = browser.get(address).content.decode()
        assert not [word for word in ("digits", "chest-dcgan", "studio") if word in page], address


def test_nobody_sees_anything_before_logging_in(told: Story, project: Project) -> None:
    for address in (*LISTS, *details(told, project).values()):
        answer = Client().get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/login/"), address


def test_logging_in_without_a_destination_leads_home(submitter: User, project: Project) -> None:
    answer = Client().post("/login/", {"username": "sam", "password": "pass-of-sam"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("address", ["/jobs/job/add/", "/catalog/dataset/add/"])
def test_a_viewer_is_told_which_role_a_form_needs(
    address: str, people: dict[str, User], told: Story, browser_of: BrowserOf
) -> None:
    answer = browser_of(people["viewer"]).get(address)
    assert answer.status_code == 403
    assert "needs the role submitter" in answer.content.decode()


def test_the_list_of_jobs_costs_the_same_with_more_rows(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    costs = []
    for _ in range(2):
        for _ in range(10):
            builders.job(project, submitter, state=State.SUCCEEDED)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get("/jobs/job/")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_running_job_shows_its_curve_samples_and_reason(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/jobs/job/{told.training.pk}/live/?told=1").content.decode()
    assert f"/api/v1/jobs/{told.training.pk}/samples/600" in page
    assert '"generator"' in page
    assert "620 of 1,400 steps" in page


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
def test_a_version_that_could_not_be_read_says_why_and_asks_no_more(
    state: State, submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    version = builders.dataset_version(project, submitter)
    DatasetVersion.objects.filter(pk=version.pk).update(state=VersionState.FAILED)
    reason = {"state_reason": "no picture in it", "error_code": "invalid_input", "error_facts": {"got": "0 files"}}
    reading = builders.job(project, submitter, "ingest", state=state, queue="io", **reason)
    JobInput.objects.create(job=reading, role="into", dataset_version=version)
    page = browser_of(submitter).get(f"/catalog/datasetversion/{version.pk}/change/").content.decode()
    assert "no picture in it" in page
    assert "0 files" in page
    assert f"/jobs/job/{reading.pk}/live/" not in page


def test_html_in_a_model_card_is_shown_as_text(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/catalog/modelversion/{told.model.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_a_version_lists_its_problems_by_file(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/catalog/datasetversion/{told.data.pk}/change/").content.decode()
    assert "7/broken.png" in page
    assert "a PNG, JPEG, WebP" in page


def test_the_gallery_goes_page_by_page_and_back(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    job = told.made[0].job_id
    browser = browser_of(submitter)
    first = browser.get(f"/lineage/artifact/?job={job}").context
    assert [row.index for row in first["artifacts"]] == list(range(60))
    second = browser.get(f"/lineage/artifact/?job={job}&from={first['next']}").context
    assert [row.index for row in second["artifacts"]] == list(range(60, 70))
    assert second["previous"] == "0"


def test_a_verdict_is_told_in_words(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/lineage/artifact/verify/?job={told.asked.pk}").content.decode()
    assert "byte for byte an artifact of this platform" in page
    assert "z = 9.7" in page


def test_a_verdict_names_what_made_the_file_from_what_and_who_decided(
    submitter: User, reviewer: User, told: Story, browser_of: BrowserOf
) -> None:
    made = told.made[0].model_version
    said = {"dataset_version": told.data, "decided_by": reviewer, "decided_at": clock.now()}
    ModelVersion.objects.filter(pk=made.pk).update(**said)
    page = browser_of(submitter).get(f"/lineage/artifact/verify/?job={told.asked.pk}").content.decode()
    for said_of_it in (str(made), str(told.data), f"/catalog/datasetversion/{told.data.pk}/", "rita"):
        assert said_of_it in page


def test_others_read_a_verdict_without_figures(people: dict[str, User], told: Story, browser_of: BrowserOf) -> None:
    stranger = people["stranger"]
    asked = builders.job(
        stranger.project_set.get(), stranger, "verify", state=State.SUCCEEDED, result=told.asked.result, queue="io"
    )
    page = browser_of(stranger).get(f"/lineage/artifact/verify/?job={asked.pk}").content.decode()
    assert "byte for byte an artifact of this platform" in page
    assert "z = 9.7" not in page
    assert str(told.made[0].pk) not in page


def test_a_page_that_is_not_there_says_so_in_the_same_look(
    submitter: User, project: Project, browser_of: BrowserOf
) -> None:
    answer = browser_of(submitter).get("/nothing/here/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_form_out_of_date_says_so(submitter: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(submitter)
    answer = browser.post("/lineage/artifact/verify/", {})
    assert answer.status_code == 403
    assert "The form was out of date" in answer.content.decode()


def test_the_page_for_our_own_faults_needs_nothing_to_be_shown() -> None:
    assert "Something went wrong on our side" in render_to_string("500.html")
