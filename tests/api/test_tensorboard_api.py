"""The event file of a training over REST: whole once it has ended, until then as its last saved state has it."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Project, User
from catalog.store import blobs, namespace
from jobs.models import Job
from tests import builders

pytestmark = pytest.mark.django_db
SAVED, WHOLE = b"as saved at step 4", b"the whole training"


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """A training that has left nothing yet."""
    return builders.job(project, submitter)


def saved(job: Job) -> Job:
    """The same with a saved state."""
    files = {"events.tfevents": blobs().put(namespace(job.project), SAVED)}
    Job.objects.filter(pk=job.pk).update(checkpoint={"step": 4, "files": files})
    return job


def ended(job: Job) -> Job:
    """The same after it has succeeded."""
    Job.objects.filter(pk=job.pk).update(result={"tensorboard_sha256": blobs().put(namespace(job.project), WHOLE)})
    return job


def test_before_the_first_saved_state_there_is_none(sam: Client, job: Job) -> None:
    answer = sam.get(f"/api/v1/jobs/{job.pk}/tensorboard")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"
    assert "tensorboard" not in sam.get(f"/api/v1/jobs/{job.pk}").json()["links"]


def test_a_saved_state_has_the_file_up_to_its_step(sam: Client, job: Job) -> None:
    place = sam.get(f"/api/v1/jobs/{saved(job).pk}").json()["links"]["tensorboard"]
    assert sam.get(place).getvalue() == SAVED


def test_a_finished_training_has_the_whole_file(sam: Client, job: Job) -> None:
    assert sam.get(f"/api/v1/jobs/{ended(saved(job)).pk}/tensorboard").getvalue() == WHOLE


def test_it_is_an_attachment_under_a_name_that_tensorboard_takes(sam: Client, job: Job) -> None:
    answer = sam.get(f"/api/v1/jobs/{ended(job).pk}/tensorboard")
    assert answer["Content-Disposition"] == f'attachment; filename="events.out.tfevents.{job.pk}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    answer.close()
