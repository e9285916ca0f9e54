"""What the page of a job says of near copies and of what was withheld, and who sees the pairs."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Project, User
from catalog.store import blobs, namespace
from jobs.models import Job, JobInput, State
from tests import builders

pytestmark = pytest.mark.django_db
NEAR = {
    "checked": 256, "near": 3, "rate": 3 / 256, "low": 0.004, "high": 0.034, "threshold": 0.139, "quantile": 0.001,
    "n": 1000, "covers": 100_000, "of": 250_000,
}  # fmt: skip
WITHHELD = [{"index": 7, "guard": "safety_words", "says": "It contains a word of the list (number 2)."}]


@pytest.fixture
def released(project: Project, submitter: User) -> Job:
    """A generate job of which something was withheld."""
    result = {"count": 255, "near_copies": NEAR, "withheld": WITHHELD, "withheld_count": 60}
    return builders.job(project, submitter, "generate", state=State.SUCCEEDED, queue="generate.cpu", result=result)


@pytest.fixture
def measured(project: Project, submitter: User) -> Job:
    """An evaluation with pairs."""
    pairs = {"near_pairs_sha256": blobs().put(namespace(project), builders.png())}
    job = builders.job(project, submitter, "evaluate", state=State.SUCCEEDED, queue="generate.cpu", result=pairs)
    JobInput.objects.create(job=job, role="data", dataset_version=builders.dataset_version(project, submitter))
    return job


def page(browser: Any, job: Job) -> str:
    answer = browser.get(f"/jobs/job/{job.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_rate_stands_with_its_interval_its_threshold_and_what_it_is_not(
    released: Job, submitter: User, browser_of: Any
) -> None:
    said = page(browser_of(submitter), released)
    assert "3 of 256 items looked at are near copies of the training data: 1.2 % (95 in 100: 0.4 to 3.4 %)." in said
    assert "closer than 0.139; of 1,000 real items that were not learned from, about 0.1 % do." in said
    assert "100,000 of 250,000 items of the training data were looked through." in said
    assert "That there is no near copy does not guarantee privacy." in said


def test_what_was_withheld_stands_with_its_guard_and_reason(released: Job, submitter: User, browser_of: Any) -> None:
    said = page(browser_of(submitter), released)
    assert "Withheld and not released: 60" in said
    assert "It contains a word of the list (number 2)." in said
    assert "and 10 more" in said


def test_the_reason_of_a_guard_stands_in_chinese_too(released: Job, submitter: User, browser_of: Any) -> None:
    said = page(browser_of(submitter, "zh-hans"), released)
    assert "包含词表中的词语（第 2 项）。" in said
    assert "有 3 个是训练数据的近似复制：1.2 %" in said


def test_the_pairs_are_shown_to_whoever_has_rights_on_the_data(
    measured: Job, people: dict[str, User], browser_of: Any
) -> None:
    shown = {role: f"/api/v1/jobs/{measured.pk}/near-copies" in page(browser_of(people[role]), measured)
             for role in ("viewer", "submitter", "reviewer", "owner")}  # fmt: skip
    assert shown == {"viewer": False, "submitter": True, "reviewer": True, "owner": True}


def test_a_job_that_no_guard_spoke_of_has_no_such_part(project: Project, submitter: User, browser_of: Any) -> None:
    job = builders.job(project, submitter, "generate", state=State.SUCCEEDED, queue="generate.cpu", result={"count": 1})
    assert "<h2>Guards</h2>" not in page(browser_of(submitter), job)
