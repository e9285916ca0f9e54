"""Trainings side by side: what differs, who may see it, what counts as best, pictures from one seed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from catalog.models import ModelVersion, Stage
from config import clock
from desk.job.compare_curves import overlaid, worked
from desk.job.compare_runs import Run, named
from desk.model.measured import Measured, best
from jobs.models import Attempt, Job, JobEvent, JobInput, State
from tests import builders
from tests.web import story
from tests.web.story import Story

pytestmark = pytest.mark.django_db
BrowserOf = Callable[..., Client]
PLACE = "/jobs/job/compare/"


def compared(browser: Client, *jobs: Job, **more: Any) -> Any:
    """The answer to the address of a comparison."""
    return browser.get(PLACE, {"job": [str(job.pk) for job in jobs], **more})


@pytest.fixture
def wider(told: Story, project: Project, submitter: User) -> Job:
    """A second training of the same data that ended, with a model of its own."""
    job = story.training(project, submitter, told.data, State.SUCCEEDED, done=400)
    job.params = {"steps": 1400, "width": 64}
    job.save()
    builders.model_version(project, submitter, "wide", job=job, dataset_version=told.data, metrics=story.METRICS)
    return job


def test_parameters_that_differ_stand_apart_from_those_that_do_not(
    submitter: User, told: Story, wider: Job, browser_of: BrowserOf
) -> None:
    said = compared(browser_of(submitter), told.trained, wider).context
    assert {row.title: [cell.text for cell in row.cells] for row in said["differ"]} == {"Width": ["48", "64"]}
    assert {"Steps", "Seed", "Method"} <= {row.title for row in said["equal"]}


def test_other_data_are_told_as_a_difference(
    submitter: User, told: Story, wider: Job, project: Project, browser_of: BrowserOf
) -> None:
    JobInput.objects.filter(job=wider).update(dataset_version=builders.dataset_version(project, submitter, "letters"))
    said = compared(browser_of(submitter), told.trained, wider).context
    assert [cell.text for cell in said["inputs"][0].cells] == ["digits v1", "letters v1"]
    assert not said["same_inputs"]


def test_too_many_are_refused_in_words(submitter: User, project: Project, browser_of: BrowserOf) -> None:
    jobs = [builders.job(project, submitter, family="dcgan") for _ in range(7)]
    answer = compared(browser_of(submitter), *jobs)
    assert answer.status_code == 422
    assert "At most 6 trainings are compared at once; 7 are chosen." in answer.content.decode()


def test_a_single_training_asks_for_another(submitter: User, told: Story, wider: Job, browser_of: BrowserOf) -> None:
    answer = compared(browser_of(submitter), told.trained)
    page = answer.content.decode()
    assert (answer.status_code, answer.context["refusals"]) == (200, [])
    assert "A comparison is of two to 6 trainings: choose at least one more below." in page
    assert f'type="checkbox" name="job" value="{wider.pk}"' in page
    assert '<details class="km-card" open>' in page
    assert 'id="differ-title"' not in page


def test_another_kind_of_job_is_refused_by_its_name(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    answer = compared(browser_of(submitter), told.trained, told.failed)
    assert answer.status_code == 422
    assert "ingest xrays v1 is no training" in answer.content.decode()


@pytest.mark.parametrize("pk", ["theirs", "00000000-0000-7000-8000-000000000000", "no id"])
def test_what_one_may_not_see_is_not_there(
    pk: str, told: Story, wider: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    reader = people["stranger" if pk == "theirs" else "viewer"]
    other = str(wider.pk) if pk == "theirs" else pk
    answer = browser_of(reader).get(PLACE, {"job": [other]})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_a_comparison_costs_the_same_for_two_and_for_five(
    submitter: User, told: Story, project: Project, browser_of: BrowserOf
) -> None:
    jobs = [story.training(project, submitter, told.data, State.SUCCEEDED, done=200) for _ in range(6)]
    for job in jobs:
        builders.model_version(project, submitter, f"of {job.pk}", job=job, metrics=story.METRICS)
    browser, costs = browser_of(submitter), []
    for few in (jobs[:2], jobs[:5]):
        with CaptureQueriesContext(connection) as queries:
            assert compared(browser, *few).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_training_is_taken_away_by_its_link(submitter: User, told: Story, wider: Job, browser_of: BrowserOf) -> None:
    said = compared(browser_of(submitter), told.trained, wider, told.training).context
    assert said["runs"][1].without == f"job={told.trained.pk}&job={told.training.pk}"


def test_trainings_to_add_are_found_by_name_and_are_ones_own(
    told: Story, wider: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    Job.objects.filter(pk=wider.pk).update(name="the wide one")
    found = browser_of(people["viewer"]).get(PLACE, {"q": "wide"}).context["offered"]
    assert [job for job, _method in found] == [wider]
    assert browser_of(people["stranger"]).get(PLACE).context["offered"] == []


def test_the_time_between_two_attempts_is_not_time_worked(submitter: User, project: Project) -> None:
    now = clock.now()
    job = builders.job(project, submitter, started_at=now)
    spans = [(0, 10), (60, 65)]  # seconds: paused between them
    for token, (began, ended) in enumerate(spans):
        at = {"started_at": now + timedelta(seconds=began), "ended_at": now + timedelta(seconds=ended)}
        Attempt.objects.create(job=job, token=token, worker="cpu-1", **at)
    assert [worked(job, now + timedelta(seconds=at)) for at in (5, 30, 62, 100)] == [5, 10, 12, 15]


def test_a_step_that_was_done_twice_counts_as_it_was_done_last(submitter: User, project: Project) -> None:
    job = builders.job(project, submitter, started_at=clock.now())
    for step, value in ((10, 1.0), (20, 9.0), (20, 2.0)):
        JobEvent.objects.create(job=job, type="metric", at=clock.now(), data={"step": step, "values": {"loss": value}})
    (chart,) = overlaid([Run(job, 1, "")])
    assert [(step, value) for step, _time, value in chart["lines"][0]["points"]] == [(10, 1.0), (20, 2.0)]


def figure(job: Job, value: float, half: float | None = 0.01, *, count: int = 1000) -> Measured:
    """A figure with an interval of twice `half`."""
    job.params = {"count": count}
    bounds = {"low": value - half, "high": value + half} if half is not None else {"low": None, "high": None}
    return Measured(name="precision", value=value, n=count, unit="share", job=job, data=None, **bounds)


def test_best_needs_intervals_that_do_not_overlap(submitter: User, project: Project) -> None:
    one, other = (builders.job(project, submitter, "evaluate") for _ in range(2))
    low, high = figure(one, 0.5), figure(other, 0.6)
    assert best([low, high], "higher") == 1
    assert best([low, high], "lower") == 0
    assert best([low, figure(other, 0.515)], "higher") is None
    assert best([low, figure(other, 0.6, None)], "higher") is None
    assert best([low, None], "higher") is None


def test_figures_of_other_sample_counts_have_no_best(submitter: User, project: Project) -> None:
    one, other = (builders.job(project, submitter, "evaluate") for _ in range(2))
    assert best([figure(one, 0.5), figure(other, 0.9, count=50)], "higher") is None


def test_the_table_as_a_file_has_every_figure_and_starts_no_formula(
    submitter: User, told: Story, wider: Job, browser_of: BrowserOf
) -> None:
    Job.objects.filter(pk=wider.pk).update(
        params={"steps": 1400}, result={"samples_per_s": 1812.5}, facts={"device": "=1+1"}
    )
    answer = browser_of(submitter).get(PLACE + "figures.csv", {"job": [str(told.trained.pk), str(wider.pk)]})
    rows = {row[0]: row for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))}
    assert rows["Loss of the generator"][2] == "1.234"
    assert rows["Speed"][4] == "1812"
    assert rows["Device"][4] == "'=1+1"


def test_grids_of_one_seed_are_said_to_be_so(submitter: User, told: Story, wider: Job, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    assert compared(browser, told.trained, wider).context["grids"]["seed"] == "7"  # that of both trainings
    Job.objects.filter(pk=wider.pk).update(seed="8")
    assert compared(browser, told.trained, wider).context["grids"]["seed"] == ""
    for event in JobEvent.objects.filter(type="sample"):
        event.data |= {"seed": "64"}
        event.save()
    page = compared(browser, told.trained, wider)
    assert page.context["grids"]["seed"] == "64"
    assert "All are drawn from seed 64" in page.content.decode()


def ask(browser: Client, *jobs: Job, **more: str) -> Any:
    """Pictures of every model."""
    return browser.post(PLACE + "generate/", {"job": [str(job.pk) for job in jobs], "key": "k", "seed": "5", **more})


def test_pictures_are_made_by_one_job_for_each_model_with_the_same_seed(
    submitter: User, told: Story, wider: Job, browser_of: BrowserOf
) -> None:
    answer = ask(browser_of(submitter), told.trained, wider, told.training)
    made = Job.objects.filter(kind="generate", seed="5")
    assert {job.params["count"] for job in made} == {16}
    assert {job.inputs.get().model_version.job for job in made} == {told.trained, wider}
    assert all(str(job.pk) in answer["Location"] for job in made)


def test_sending_the_form_twice_makes_the_jobs_once(
    submitter: User, told: Story, wider: Job, browser_of: BrowserOf
) -> None:
    before = Job.objects.count()
    answers = {ask(browser_of(submitter), told.trained, wider)["Location"] for _ in range(2)}
    assert (len(answers), Job.objects.count() - before) == (1, 2)


def test_a_seed_that_is_none_is_told_beside_its_field(
    submitter: User, told: Story, wider: Job, browser_of: BrowserOf
) -> None:
    before = Job.objects.count()
    answer = ask(browser_of(submitter), told.trained, wider, seed="eleven")
    assert (answer.status_code, answer.context["seed"]) == (422, "eleven")
    assert "The seed is a whole number" in answer.context["seed_error"]
    assert Job.objects.count() == before


def test_a_viewer_makes_no_pictures(told: Story, wider: Job, people: dict[str, User], browser_of: BrowserOf) -> None:
    browser, before = browser_of(people["viewer"]), Job.objects.count()
    assert compared(browser, told.trained, wider).context["able"] == []
    ask(browser, told.trained, wider)
    assert Job.objects.count() == before


def test_a_revoked_model_is_left_out(submitter: User, told: Story, wider: Job, browser_of: BrowserOf) -> None:
    ModelVersion.objects.filter(job=wider).update(stage=Stage.REVOKED)
    said = compared(browser_of(submitter), told.trained, wider).context
    assert [run.job for run in said["able"]] == [told.trained]


def test_sheets_of_others_are_not_shown(
    told: Story, wider: Job, people: dict[str, User], browser_of: BrowserOf
) -> None:
    made = told.made[0].job
    Job.objects.filter(pk=made.pk).update(result={"sheet_sha256": "a" * 64})
    address = f"{PLACE}sheets/?made={made.pk}"
    assert f"/api/v1/jobs/{made.pk}/sheet" in browser_of(people["viewer"]).get(address).content.decode()
    assert str(made.pk) not in browser_of(people["stranger"]).get(address).content.decode().replace(address, "")


def test_jobs_keep_the_order_of_the_address(told: Story, wider: Job) -> None:
    ids = [str(wider.pk), str(told.trained.pk), str(wider.pk)]
    assert [(run.letter, run.job) for run in named(Job.objects.all(), ids)] == [("A", wider), ("B", told.trained)]
