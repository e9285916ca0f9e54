"""A second person decides; that holds for superusers too, and whoever declared the data counts as submitter."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent, Review
from catalog.models import Stage
from catalog.stages import FourEyes
from jobs.admission import admit
from jobs.claim import beat, claim_next
from jobs.holds import decide_model
from jobs.models import Job, State
from jobs.services import cancel, pause, resume, retry
from jobs.standing import ModelUnusable
from jobs.submission import submit
from models_store.errors import Conflict, InvalidInput
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]


@pytest.fixture
def draft(project, submitter):
    return builders.model_version(project, submitter)


def test_who_trained_it_may_not_approve_it_even_as_superuser(draft, submitter):
    submitter.is_superuser = True
    submitter.save()
    with pytest.raises(FourEyes):
        decide_model(draft, "approve", actor=submitter)
    draft.refresh_from_db()
    assert draft.stage == Stage.DRAFT


def test_who_declared_the_data_may_not_approve_the_model(project, submitter, reviewer):
    data = builders.dataset_version(project, reviewer)
    draft = builders.model_version(project, submitter, dataset_version=data)
    with pytest.raises(FourEyes):
        decide_model(draft, "approve", actor=reviewer)


def test_an_approval_leaves_a_review_and_an_event(draft, reviewer):
    decide_model(draft, "approve", actor=reviewer, comment="looked at it")
    assert Review.objects.get().reviewer == reviewer.username
    assert AuditEvent.objects.filter(verb="model_version.approved", subject_id=str(draft.pk)).exists()


def test_an_approval_releases_what_waited_for_it(draft, reviewer):
    said = {"kind": "generate", "model_version": str(draft.pk), "count": 1}
    job, _ = submit(admit(said, actor=reviewer), actor=reviewer)
    assert job.state == State.HELD
    decide_model(draft, "approve", actor=reviewer)
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_a_rejection_needs_a_reason_and_ends_what_waited(draft, reviewer):
    said = {"kind": "generate", "model_version": str(draft.pk), "count": 1}
    job, _ = submit(admit(said, actor=reviewer), actor=reviewer)
    with pytest.raises(InvalidInput):
        decide_model(draft, "reject", actor=reviewer)
    decide_model(draft, "reject", actor=reviewer, comment="blurred")
    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.FAILED, "model_unusable")
    assert "blurred" in job.state_reason


def test_approving_twice_is_refused_with_the_stage_it_is_in(draft, reviewer):
    decide_model(draft, "approve", actor=reviewer)
    with pytest.raises(Conflict) as late:
        decide_model(draft, "approve", actor=reviewer)
    assert late.value.got == Stage.APPROVED


def test_a_held_job_that_was_cancelled_is_held_again_when_it_is_tried_again(draft, reviewer):
    said = {"kind": "generate", "model_version": str(draft.pk), "count": 1}
    job, _ = submit(admit(said, actor=reviewer), actor=reviewer)
    job = retry(cancel(job, actor=reviewer), actor=reviewer)
    assert job.state == State.HELD
    assert claim_next("generate.cpu", "w1") is None


def test_a_paused_job_does_not_go_on_with_a_model_that_was_revoked(draft, submitter, reviewer):
    said = {"kind": "generate", "model_version": str(draft.pk), "count": 1}
    job, _ = submit(admit(said, actor=submitter), actor=submitter)
    job = pause(job, actor=submitter)
    draft.stage = Stage.REVOKED
    draft.save()
    with pytest.raises(ModelUnusable):
        resume(job, actor=submitter)
    job.refresh_from_db()
    assert job.state == State.PAUSED


def test_a_revocation_ends_what_waits_in_the_queue(draft, submitter, reviewer):
    said = {"kind": "generate", "model_version": str(draft.pk), "count": 1}
    jobs = [submit(admit(said, actor=submitter), actor=submitter)[0] for _ in range(2)]
    pause(jobs[0], actor=submitter)
    decide_model(draft, "revoke", actor=reviewer, comment="consent withdrawn")
    assert set(Job.objects.values_list("state", "error_code")) == {(State.FAILED, "model_unusable")}


def test_a_revocation_asks_what_runs_to_leave(draft, submitter, reviewer):
    said = {"kind": "generate", "model_version": str(draft.pk), "count": 1}
    submit(admit(said, actor=submitter), actor=submitter)
    claim = claim_next("generate.cpu", "w1")
    decide_model(draft, "revoke", actor=reviewer, comment="consent withdrawn")
    assert beat(claim) == "cancel"
