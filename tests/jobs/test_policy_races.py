"""Decisions, claims and submissions at once: one decision counts, no job waits for nothing, no ceiling is passed."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from accounts.models import Membership, Project, User
from audit.models import Review, ReviewRequest
from audit.reviews import AlreadyDecided
from jobs.claim import claim_next
from jobs.holds import decide_data, decide_job, decide_model
from jobs.models import Job, JobInput, State
from jobs.policies import clear_policy, set_policy
from jobs.policing import PolicyRefuses
from jobs.standing import keep_data
from jobs.submission import send
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 8


@pytest.fixture
def owner(project: Project) -> User:
    """Sets policies in the project."""
    olga = builders.person("olga")
    Membership.objects.create(project=project, user=olga, role="owner")
    return olga


def train(data, submitter: User) -> Job:
    """A training, as it was submitted."""
    return send({"kind": "train", "dataset_version": str(data.pk), "family": "dcgan"}, actor=submitter)[0]


def test_of_two_reviewers_at_once_one_decides(project: Project, owner: User, submitter: User, reviewer: User) -> None:
    set_policy(project, "require_review", {}, actor=owner)
    data = builders.dataset_version(project, submitter)
    for _ in range(ROUNDS):
        job = train(data, submitter)
        raised = at_once(
            lambda job=job: decide_job(job, "approve", actor=reviewer),
            lambda job=job: decide_job(job, "reject", actor=owner, comment="no"),
        )
        job.refresh_from_db()
        review = Review.objects.get(subject_id=str(job.pk))
        assert [type(error) for error in raised] == [AlreadyDecided]
        assert job.state == (State.QUEUED if review.decision == "approve" else State.FAILED)


def test_a_job_that_would_start_while_its_data_are_approved_does_not_wait_for_ever(
    project: Project, owner: User, submitter: User, reviewer: User
) -> None:
    for number in range(ROUNDS):
        data = builders.dataset_version(project, submitter, f"data {number}")
        job = train(data, submitter)
        set_policy(project, "require_review", {"kinds": [], "data": True}, actor=owner)
        raised = at_once(
            lambda data=data: decide_data(data, "approve", actor=reviewer), lambda: claim_next("train.cpu", "w")
        )
        job.refresh_from_db()
        assert (raised, job.state in (State.QUEUED, State.RUNNING)) == ([], True)
        assert not ReviewRequest.objects.filter(closed_at=None).exists()
        Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)
        set_policy(project, "require_review", {"kinds": []}, actor=owner)


def test_two_workers_that_meet_a_held_job_ask_once(project: Project, owner: User, submitter: User) -> None:
    for number in range(ROUNDS):
        job = train(builders.dataset_version(project, submitter, f"data {number}"), submitter)
        set_policy(project, "require_review", {}, actor=owner)
        assert at_once(*(lambda name=name: claim_next("train.cpu", name) for name in ("one", "other"))) == []
        job.refresh_from_db()
        assert job.state == State.HELD
        assert ReviewRequest.objects.filter(subject_id=str(job.pk)).count() == 1
        set_policy(project, "require_review", {"kinds": []}, actor=owner)
        Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)


def test_two_submissions_at_once_do_not_pass_the_ceiling_of_the_week(
    project: Project, owner: User, submitter: User
) -> None:
    model = builders.model_version(project, submitter)
    body = {"kind": "generate", "model_version": str(model.pk), "count": 6}
    for number in range(ROUNDS):
        set_policy(project, "cap_count", {"per_week": 6 * number + 10}, actor=owner)
        raised = at_once(*(lambda: send(body, actor=submitter) for _ in range(2)))
        assert [type(error) for error in raised] == [PolicyRefuses]
        assert Job.objects.count() == number + 1


def test_claims_and_submissions_under_a_quota_while_their_model_is_approved_wait_in_no_circle(
    project: Project, owner: User, submitter: User, reviewer: User
) -> None:
    Project.objects.filter(pk=project.pk).update(max_running=3)
    set_policy(project, "cap_count", {"per_week": 10_000}, actor=owner)
    for _ in range(ROUNDS):
        draft = builders.model_version(project, submitter)
        body = {"kind": "generate", "model_version": str(draft.pk), "count": 1}
        send(body, actor=submitter)
        set_policy(project, "require_review", {"kinds": ["generate"], "models": True, "free_count": 1}, actor=owner)
        raised = at_once(
            *(lambda name=name: claim_next("generate.cpu", name) for name in ("one", "other")),
            lambda draft=draft: decide_model(draft, "approve", actor=reviewer),
            lambda body=body: send(body, actor=submitter),
        )
        assert raised == []
        assert set(Job.objects.values_list("state", flat=True)) <= {State.QUEUED, State.RUNNING}
        assert not ReviewRequest.objects.filter(closed_at=None).exists()
        clear_policy(project, "require_review", actor=owner)
        JobInput.objects.all().delete()
        Job.objects.all().delete()


def test_a_claim_passes_over_a_job_whose_data_somebody_is_deciding_on(
    project: Project, owner: User, submitter: User
) -> None:
    if not connection.features.has_select_for_update_skip_locked:
        pytest.skip("SQLite lets one write at a time")
    data = builders.dataset_version(project, submitter)
    decided = train(data, submitter)
    set_policy(project, "require_review", {"kinds": [], "data": True}, actor=owner)
    free = builders.job(project, submitter)
    claims = []

    def while_decided() -> None:
        with transaction.atomic():
            keep_data([data.pk])
            claims.extend(at_once(lambda: claims.append(claim_next("train.cpu", "w"))))

    assert at_once(while_decided) == []
    decided.refresh_from_db()
    assert (claims[0].job_id, decided.state) == (free.pk, State.QUEUED)
