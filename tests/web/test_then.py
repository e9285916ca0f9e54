"""The form's "Then", and a pipeline as its pages show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from accounts.models import Project, User
from catalog import plugins
from desk.job.steps import steps
from desk.words.sentences import in_language
from jobs.models import Job, JobAfter, State
from jobs.transitions import move
from tests import builders
from tests.web.story import Story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("measured")]
BrowserOf = Callable[..., Client]
EVALUATE = builders.plugin(
    "kind", "evaluate", queue="generate", chooses_family=False, produces="figures",
    roles={"model": builders.role("model_version"), "data": builders.role("dataset_version") | {"required": False}},
)  # fmt: skip


@pytest.fixture
def measured(offered: None) -> None:
    """A worker that evaluates, too."""
    plugins.announce("measuring worker", [EVALUATE])


def training(told: Story, **changes: Any) -> dict[str, Any]:
    """The train form as filled in."""
    said = {"input_data": str(told.data.pk), "param_steps": "120", "param_learning_rate": "0.001", "name": "tonight"}
    return said | changes


def test_the_form_sends_what_is_to_come_then(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    then = {"then_evaluate": "on", "then_generate": "on", "then_generate_count": "12", "then_generate_purpose": "a try"}
    browser_of(submitter).post("/jobs/job/add/", training(told, **then))
    job = Job.objects.get(name="tonight")
    evaluate, generate = Job.objects.filter(comes_after__earlier=job).order_by("pk")
    assert (evaluate.kind, generate.kind) == ("evaluate", "generate")
    assert (generate.params, generate.purpose, generate.state) == ({"count": 12}, "a try", State.HELD)


def test_a_form_with_no_switch_on_sends_one_job(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    browser_of(submitter).post("/jobs/job/add/", training(told, then_generate_count="12"))
    assert not Job.objects.get(name="tonight").followed_by.exists()


def test_a_count_out_of_range_is_refused_beside_its_field(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    said = training(told, then_generate="on", then_generate_count="0")
    answer = browser_of(submitter).post("/jobs/job/add/", said)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["then_generate_count"])


def test_what_only_the_service_refuses_of_what_comes_then_stands_beside_its_field(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    row = next(row for row in builders.PLUGINS if row["name"] == "generate")
    schema = row["schema"] | {"properties": {"count": {"type": "integer", "exclusiveMinimum": 3, "default": 4}}}
    plugins.announce("another worker", [row | {"schema": schema}])
    answer = browser_of(submitter).post("/jobs/job/add/", training(told, then_generate="on", then_generate_count="2"))
    assert list(answer.context["form"].errors) == ["then_generate_count"]


def test_a_baseline_of_real_items_is_only_measured(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    roles = {"data": builders.role("dataset_version")}
    plugins.announce("another worker", [builders.plugin("family", "resample", releases=False, roles=roles)])
    last = f"/jobs/job/add/?family=resample&data={told.data.pk}&step=submit"
    page = browser_of(submitter).get(last).content.decode()
    assert ("then_evaluate" in page, "then_generate" in page) == (True, False)


def test_only_what_makes_a_model_is_asked_what_comes_then(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    page = browser_of(submitter).get(f"/jobs/job/add/?kind=generate&model={told.model.pk}").content.decode()
    assert "then_" not in page


@pytest.fixture
def line(project: Project, submitter: User) -> list[Job]:
    """Four jobs: the second and the third after the first, the fourth after both."""
    names = ("learn", "measure", "make", "look")
    made = [builders.job(project, submitter, name=name, state=State.HELD) for name in names]
    for earlier, later in ((0, 1), (0, 2), (1, 3), (2, 3)):
        JobAfter.objects.create(earlier=made[earlier], job=made[later])
    return made


@pytest.mark.parametrize("place", range(4))
def test_the_line_of_a_job_holds_all_that_it_hangs_on_and_all_that_hang_on_it(
    place: int, line: list[Job], django_assert_max_num_queries: Any
) -> None:
    seen = {0: ["learn", "measure make", "look"], 1: ["learn", "measure", "look"], 2: ["learn", "make", "look"]}
    with django_assert_max_num_queries(6):
        said = [" ".join(map(str, level)) for level in steps(line[place])]
    assert said == seen.get(place, seen[0])


def test_a_job_that_stands_alone_has_no_line(project: Project, submitter: User) -> None:
    assert steps(builders.job(project, submitter)) == []


@pytest.mark.parametrize(("language", "state", "word"), [("en", "held", "train"), ("zh-hans", "搁置", "训练")])
def test_a_page_shows_the_steps_with_their_states(
    language: str, state: str, word: str, submitter: User, line: list[Job], browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter, language)
    for part in ("change", "live"):
        page = browser.get(f"/jobs/job/{line[0].pk}/{part}/").content.decode()
        assert f"/jobs/job/{line[3].pk}/change/" in page
        assert all(said in page for said in (state, word, "measure", "look"))


def test_the_page_of_a_waiting_job_names_the_job_that_makes_its_input(
    submitter: User, told: Story, browser_of: BrowserOf
) -> None:
    browser = browser_of(submitter)
    browser.post("/jobs/job/add/", training(told, then_generate="on", then_generate_count="2"))
    page = browser.get(f"/jobs/job/{Job.objects.get(kind='generate', state=State.HELD).pk}/change/").content.decode()
    assert "what tonight makes" in page
    assert "waits for job tonight" in page


def test_trying_again_after_a_job_that_failed_is_explained(submitter: User, told: Story, browser_of: BrowserOf) -> None:
    browser = browser_of(submitter)
    browser.post("/jobs/job/add/", training(told, then_evaluate="on"))
    job, child = Job.objects.get(name="tonight"), Job.objects.get(kind="evaluate")
    move(job.pk, State.CANCELLED, actor="sam", reason="cancelled by sam")
    page = browser.post(f"/jobs/job/{child.pk}/ask/retry/", follow=True).content.decode()
    assert "tonight is cancelled: try that job again first" in page


def test_the_reason_of_a_job_that_ended_with_another_is_said_in_chinese() -> None:
    with override("zh-hans"):
        assert in_language("tonight was cancelled: cancelled by sam") == "tonight 已取消：已由 sam 取消"
