"""A decision on a model between a check and its writing, or at once with it: no job waits for nothing or slips by."""

from __future__ import annotations

import pytest

from catalog.models import Stage
from jobs.admission import admit
from jobs.holds import decide_model
from jobs.models import Job, JobAfter, JobInput, State
from jobs.services import retry
from jobs.standing import ModelUnusable
from jobs.submission import send, submit
from jobs.transitions import move
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 12


@pytest.fixture
def draft(project, submitter):
    return builders.model_version(project, submitter)


def body_of(version, **more):
    return {"kind": "generate", "model_version": str(version.pk), "count": 1} | more


def test_a_model_approved_after_the_check_holds_no_job(draft, reviewer):
    checked = admit(body_of(draft), actor=reviewer)
    decide_model(draft, "approve", actor=reviewer)
    job, _ = submit(checked, actor=reviewer)
    assert job.state == State.QUEUED


def test_a_model_revoked_after_the_check_is_not_used(draft, submitter, reviewer):
    checked = admit(body_of(draft), actor=submitter)
    decide_model(draft, "revoke", actor=reviewer, comment="consent withdrawn")
    with pytest.raises(ModelUnusable):
        submit(checked, actor=submitter)
    assert not Job.objects.exists()


def test_a_job_that_failed_while_somebody_looked_is_checked_when_it_is_tried_again(draft, project, submitter, reviewer):
    job = builders.job(project, submitter, kind="generate", queue="generate.cpu", state=State.RUNNING)
    JobInput.objects.create(job=job, role="model", model_version=draft)
    looked_at = Job.objects.get(pk=job.pk)
    move(job.pk, State.FAILED, actor="worker test")
    decide_model(draft, "revoke", actor=reviewer, comment="consent withdrawn")
    with pytest.raises(ModelUnusable):
        retry(looked_at, actor=submitter)


def test_a_job_submitted_while_its_model_is_approved_does_not_wait_for_ever(project, submitter, reviewer):
    for number in range(ROUNDS):
        draft = builders.model_version(project, submitter)
        raised = at_once(
            lambda draft=draft: decide_model(draft, "approve", actor=reviewer),
            lambda draft=draft, number=number: send(body_of(draft, name=str(number)), actor=reviewer),
        )
        assert (raised, Job.objects.get(name=str(number)).state) == ([], State.QUEUED)


def test_a_job_submitted_or_tried_again_while_its_model_is_revoked_does_not_run(project, submitter, reviewer):
    for number in range(ROUNDS):
        draft = builders.model_version(project, submitter)
        failed = builders.job(project, submitter, kind="generate", queue="generate.cpu", state=State.FAILED)
        JobInput.objects.create(job=failed, role="model", model_version=draft)
        raised = at_once(
            lambda draft=draft: decide_model(draft, "revoke", actor=reviewer, comment="no consent"),
            lambda draft=draft, number=number: send(body_of(draft, name=str(number)), actor=submitter),
            lambda failed=failed: retry(failed, actor=submitter),
        )
        draft.refresh_from_db()
        assert draft.stage == Stage.REVOKED
        assert {type(error) for error in raised} <= {ModelUnusable}
        assert not Job.objects.filter(state=State.QUEUED).exists()


def test_jobs_that_fail_at_once_above_the_same_ones_wait_for_each_other_in_one_order(project, submitter):
    for _ in range(ROUNDS):
        one, other = (builders.job(project, submitter, state=State.RUNNING) for _ in range(2))
        middle, below, last = (builders.job(project, submitter, state=State.HELD) for _ in range(3))
        order = [(middle, one), (last, one), (below, middle), (below, other), (last, other)]
        JobAfter.objects.bulk_create(JobAfter(job=later, earlier=earlier) for later, earlier in order)
        assert at_once(*(lambda job=job: move(job.pk, State.FAILED, actor="worker test") for job in (one, other))) == []
        ended = Job.objects.filter(pk__in=[middle.pk, below.pk, last.pk]).values_list("state", flat=True)
        assert set(ended) == {State.CANCELLED}
