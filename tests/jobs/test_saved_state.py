"""A resume or another try that cannot go on from its saved state is refused when it is asked for, with the way out."""

from __future__ import annotations

import pytest

from catalog import plugins
from jobs import services
from jobs.models import Job, JobInput, State
from models_store.saved_state import ResumeRefused
from tests import builders

pytestmark = pytest.mark.django_db
OF = {"state_version": 1, "data": "d" * 64}


@pytest.fixture
def stopped(project, submitter):
    """`stopped(state, saved)`: a training that stands there with a saved state."""

    def make(state: str, **saved: object) -> Job:
        checkpoint = {"step": 5, "files": {}, "of": OF | saved}
        job = builders.job(project, submitter, state=state, family="dcgan", checkpoint=checkpoint)
        data = builders.dataset_version(project, submitter)
        JobInput.objects.create(job=job, role="data", dataset_version=data)
        return job

    return make


@pytest.fixture(autouse=True)
def announced() -> None:
    row = builders.plugin("family", "dcgan", state_version=1, roles={"data": builders.role("dataset_version")})
    plugins.announce("w", [row])


@pytest.mark.parametrize(("state", "verb"), [(State.PAUSED, services.resume), (State.FAILED, services.retry)])
@pytest.mark.parametrize(("saved", "field"), [({"state_version": 2}, "state_version"), ({"data": "e" * 64}, "data")])
def test_what_the_saved_state_does_not_belong_to_is_refused(stopped, submitter, state, verb, saved, field):
    job = stopped(state, **saved)
    with pytest.raises(ResumeRefused) as refused:
        verb(job, actor=submitter)
    assert (refused.value.code, refused.value.field) == ("resume_refused", f"resume.{field}")
    assert "Clone the job" in refused.value.detail
    job.refresh_from_db()
    assert job.state == state


def test_what_it_belongs_to_goes_on(stopped, submitter):
    assert services.resume(stopped(State.PAUSED), actor=submitter).state == State.QUEUED


def test_a_family_that_nobody_offers_just_now_is_not_judged(stopped, submitter):
    plugins.announce("w", [])
    assert services.resume(stopped(State.PAUSED, state_version=9), actor=submitter).state == State.QUEUED
