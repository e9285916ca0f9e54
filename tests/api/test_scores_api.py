"""The scores of a data set's items: kept beside the figures, linked from the job, and shown on its page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Project, User
from catalog.store import blobs, namespace
from jobs.models import Job, JobInput, State
from lineage.references import needed
from tests import builders
from workers.tasks import products

pytestmark = pytest.mark.django_db
ITEMS = {"version": 1, "by": "peak", "threshold": 0.5, "items": [{"split": "holdout", "row": 3, "score": 0.75}]}
RESULT = {
    "metrics": {"anomaly_threshold": {"value": 0.5, "n": 20, "unit": "", "low": None, "high": None}},
    "unusual": [{"split": "holdout", "row": 3, "class": "broken", "score": 0.75},
                {"split": "train", "row": 0, "class": "good", "score": 0.25}],
    "scores": "out/scores.json",
    "sheet": "out/unusual.png",
}  # fmt: skip


@pytest.fixture
def job(project: Project, submitter: User, tmp_path: Path) -> Job:
    """A job whose worker left scores and a picture."""
    made = builders.job(project, submitter, "score", state=State.SUCCEEDED, queue="generate.cpu")
    JobInput.objects.create(job=made, role="data", dataset_version=builders.dataset_version(project, submitter))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "scores.json").write_text(json.dumps(ITEMS))
    (tmp_path / "out" / "unusual.png").write_bytes(builders.png())
    made.result = products.figures(made, tmp_path, RESULT, actor="worker test")()
    made.save()
    return made


def test_the_scores_of_every_item_are_read_by_whoever_sees_the_job_and_kept_by_no_cache(job: Job, vera: Client) -> None:
    links = vera.get(f"/api/v1/jobs/{job.pk}").json()["links"]
    answer = vera.get(links["scores"])
    assert json.loads(b"".join(answer.streaming_content)) == ITEMS  # type: ignore[arg-type]
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/json", "private, no-store")


def test_a_stranger_and_a_job_without_scores_get_none(job: Job, stranger: Client, sam: Client) -> None:
    assert stranger.get(f"/api/v1/jobs/{job.pk}/scores").status_code == 404
    other = builders.job(job.project, job.submitted_by, "evaluate", state=State.SUCCEEDED)
    assert sam.get(f"/api/v1/jobs/{other.pk}/scores").status_code == 404


def test_the_result_names_no_file_of_the_attempt_and_its_blobs_are_needed(job: Job) -> None:
    assert not {"scores", "sheet"} & job.result.keys()
    kept = {job.result["scores_sha256"], job.result["sheet_sha256"]}
    assert needed(job.project_id, kept) == kept
    assert blobs().exists(namespace(job.project), job.result["scores_sha256"])


def test_the_page_of_the_job_names_the_most_unusual_items_and_says_which_pass_the_threshold(
    job: Job, client: Client, submitter: User
) -> None:
    client.force_login(submitter)
    page = client.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    assert "The most unusual items" in page
    first, second = page.index("broken"), page.index(">good<")
    assert first < page.index(">above the threshold<") < second
    assert page.count(">above the threshold<") == 1
    assert f"/api/v1/jobs/{job.pk}/scores" in page
