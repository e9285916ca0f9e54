"""The train form says what a training would need before anybody submits it, in both languages."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from catalog import plugins
from desk.job.estimate import sentences
from jobs.models import Job, State
from tests import builders

pytestmark = pytest.mark.django_db
FOUND = {
    "fits": True, "suggested_batch": 64, "memory_bytes": 8 << 30, "idle_bytes": 1 << 28, "steps": 1500,
    "train_s": 400.0, "device": "cpu", "parameters": {"generator": 295873}, "bytes": {"weights": 1 << 20},
    "batches": [{"batch_size": 64, "memory_bytes": 1 << 28}],
}  # fmt: skip


@pytest.fixture
def estimates(offered) -> None:
    row = builders.plugin("kind", "estimate", queue="io", chooses_family=True, produces="figures", roles={})
    plugins.announce("another worker", [row])


def test_the_form_asks_and_keeps_what_was_typed(estimates, project, submitter, browser_of):
    version = builders.dataset_version(project, submitter)
    said = {"input_data": str(version.pk), "param_steps": "77", "param_learning_rate": "0.001", "estimate": "1"}
    answer = browser_of(submitter).post("/jobs/job/add/?kind=train&family=dcgan", said)
    page = answer.content.decode()
    job = Job.objects.get()
    assert answer.status_code == 200
    assert (job.kind, job.queue, job.params["steps"]) == ("estimate", "io", 77)
    assert f"/jobs/job/{job.pk}/estimate/" in page
    assert 'value="77"' in page


def test_a_wrong_value_is_refused_beside_its_field_and_nothing_is_asked(estimates, project, submitter, browser_of):
    said = {"input_data": "", "param_steps": "0", "estimate": "1"}
    answer = browser_of(submitter).post("/jobs/job/add/?kind=train&family=dcgan", said)
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_the_answer_comes_by_itself_and_then_stays(project, submitter, browser_of):
    job = builders.job(project, submitter, "estimate", queue="io", family="dcgan", result={})
    browser = browser_of(submitter)
    assert "hx-trigger" in browser.get(f"/jobs/job/{job.pk}/estimate/").content.decode()
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, result=FOUND)
    page = browser.get(f"/jobs/job/{job.pk}/estimate/").content.decode()
    assert "It fits: batch 64 needs about" in page
    assert "hx-trigger" not in page
    assert "It fits: batch 64 needs about" in browser.get(f"/jobs/job/{job.pk}/change/").content.decode()


def test_a_job_of_another_kind_has_no_answer(project, submitter, browser_of):
    job = builders.job(project, submitter, "generate", state=State.SUCCEEDED, result={"count": 3})
    assert browser_of(submitter).get(f"/jobs/job/{job.pk}/estimate/").status_code == 200


@pytest.mark.parametrize(("load", "told"), [(0.1, False), (1.4, True)])
def test_times_that_were_taken_beside_other_work_say_so(load, told):
    assert any("Other work ran" in one for one in sentences(FOUND | {"load": load})) is told


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "可以容纳：批量 64 约需"),
        ({"fits": False, "suggested_batch": 16}, "批量 16 可以容纳"),
        ({"fits": False, "suggested_batch": None}, "即使一次只算一个样本"),
        ({"fits": False, "suggested_batch": None, "batches": [], "train_s": None}, "仅网络就需"),
    ],
)
def test_it_answers_in_chinese(changed, expected):
    with override("zh-hans"):
        said = sentences(FOUND | changed)
    assert expected in said[0]
    assert said[-1] == "参数数量：generator 295,873。"


def test_a_training_that_is_not_exact_says_so_on_its_page(project, submitter, browser_of):
    why = "the code of the family changed at step 120"
    job = builders.job(project, submitter, facts={"exact": False, "exact_why": [why]})
    page = browser_of(submitter).get(f"/jobs/job/{job.pk}/change/").content.decode()
    assert "Not exactly the training that it would have been" in page
    assert why in page
