"""Cancel, pause, resume and retry: idempotent, and truthful when they come too late."""

from __future__ import annotations

import pytest

from jobs import services
from jobs.claim import claim_next
from jobs.models import Job, State
from jobs.transitions import IllegalTransition

pytestmark = pytest.mark.django_db


def test_a_queued_job_is_cancelled_at_once(queued, submitter):
    job = services.cancel(queued(), actor=submitter)
    assert job.state == State.CANCELLED
    assert claim_next("train.cpu", "w1") is None


def test_a_running_job_is_asked_to_stop(queued, submitter):
    job = queued()
    claim_next("train.cpu", "w1")
    job = services.cancel(Job.objects.get(pk=job.pk), actor=submitter)
    assert (job.state, job.wants) == (State.RUNNING, "cancel")


def test_a_pause_does_not_undo_a_cancellation(queued, submitter):
    job = queued()
    claim_next("train.cpu", "w1")
    job = services.cancel(Job.objects.get(pk=job.pk), actor=submitter)
    with pytest.raises(IllegalTransition):
        services.pause(job, actor=submitter)
    job.refresh_from_db()
    assert job.wants == "cancel"


def test_cancelling_twice_changes_nothing(queued, submitter):
    job = services.cancel(queued(), actor=submitter)
    again = services.cancel(job, actor=submitter)
    assert again.state == State.CANCELLED
    assert again.events.filter(type="state").count() == 1


def test_cancelling_what_has_succeeded_says_so(queued, submitter):
    with pytest.raises(IllegalTransition) as late:
        services.cancel(queued(state=State.SUCCEEDED), actor=submitter)
    assert "succeeded" in late.value.detail


def test_a_paused_job_goes_on_when_resumed(queued, submitter, rung, django_capture_on_commit_callbacks):
    job = services.pause(queued(), actor=submitter)
    assert job.state == State.PAUSED
    assert claim_next("train.cpu", "w1") is None
    with django_capture_on_commit_callbacks(execute=True):
        assert services.resume(job, actor=submitter).state == State.QUEUED
    assert rung == ["train.cpu"]


def test_a_retry_clears_the_error(queued, submitter):
    job = queued(state=State.FAILED, error_code="poison", error_detail="three times", barren_attempts=3)
    job = services.retry(job, actor=submitter)
    assert (job.state, job.error_code, job.error_detail, job.barren_attempts) == (State.QUEUED, "", "", 0)
