"""Jobs that policies hold: who releases them, and what a policy does that was set while a job waited."""

from __future__ import annotations

import pytest

from accounts.models import Membership, Project, User
from audit.models import AuditEvent, ProjectPolicy, Review, ReviewRequest
from audit.reviews import AlreadyDecided
from audit.services import erase_person
from catalog.stages import FourEyes
from jobs.claim import claim_next
from jobs.holds import decide_data, decide_job
from jobs.models import Job, State
from jobs.policies import clear_policy, set_policy
from jobs.services import cancel
from jobs.submission import send
from jobs.transitions import move
from models_store.errors import Forbidden, NotFound
from tests import builders

pytestmark = pytest.mark.django_db
HELD = "policy require_review holds it; a reviewer of project studio other than sam can release it"


@pytest.fixture
def owner(project: Project) -> User:
    """Sets policies in the project."""
    olga = builders.person("olga")
    Membership.objects.create(project=project, user=olga, role="owner")
    return olga


@pytest.fixture
def data(project: Project, submitter: User, offered: None):
    """What trainings work on."""
    return builders.dataset_version(project, submitter)


def train(data, submitter: User, **said: object) -> Job:
    """A training, as it was submitted."""
    body = {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan", "params": {"steps": 10}, **said}
    return send(body, actor=submitter)[0]


@pytest.fixture
def held(project: Project, owner: User, submitter: User, data) -> Job:
    """A job that waits for a release."""
    set_policy(project, "require_review", {"kinds": ["train"]}, actor=owner)
    return train(data, submitter)


def test_a_held_job_says_which_policy_and_who_can_release_it(held: Job) -> None:
    assert (held.state, held.state_reason) == (State.HELD, HELD)


def test_a_held_job_waits_on_the_desk_once(held: Job) -> None:
    asked = ReviewRequest.objects.get(subject_kind="job", subject_id=str(held.pk))
    assert (asked.policy, asked.closed_at, asked.project_id) == ("require_review", None, held.project_id)


def test_a_second_person_releases_it(
    held: Job, reviewer: User, rung: list[str], django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        decide_job(held, "approve", actor=reviewer, comment="fine")
    held.refresh_from_db()
    assert (held.state, held.state_reason) == (State.QUEUED, "released by rita")
    assert rung == ["train.cpu"]
    assert ReviewRequest.objects.get(subject_kind="job").review == Review.objects.get()
    assert AuditEvent.objects.filter(verb="job.released", actor="rita").exists()


def test_a_released_job_is_claimed(held: Job, reviewer: User) -> None:
    decide_job(held, "approve", actor=reviewer)
    claim = claim_next("train.cpu", "w")
    assert claim is not None
    assert claim.job_id == held.pk


def test_rejecting_ends_it_with_a_code(held: Job, reviewer: User) -> None:
    decide_job(held, "reject", actor=reviewer, comment="not on these data")
    held.refresh_from_db()
    assert (held.state, held.error_code) == (State.FAILED, "rejected_by_reviewer")
    assert held.state_reason == "rejected by rita: not on these data"


@pytest.mark.parametrize("superuser", [False, True])
def test_whoever_submitted_it_does_not_release_it(held: Job, submitter: User, superuser: bool) -> None:
    Membership.objects.filter(user=submitter).update(role="owner")
    submitter.is_superuser = superuser
    submitter.save()
    with pytest.raises(FourEyes):
        decide_job(held, "approve", actor=submitter)
    held.refresh_from_db()
    assert held.state == State.HELD


def test_whoever_brought_its_data_does_not_release_it(
    project: Project, owner: User, reviewer: User, submitter: User, offered: None
) -> None:
    set_policy(project, "require_review", {}, actor=owner)
    job = train(builders.dataset_version(project, reviewer), submitter)
    assert "other than rita, sam can" in job.state_reason
    with pytest.raises(FourEyes):
        decide_job(job, "approve", actor=reviewer)


def test_a_viewer_and_a_stranger_release_nothing(held: Job, project: Project) -> None:
    vera, olaf = builders.person("vera"), builders.person("olaf")
    Membership.objects.create(project=project, user=vera, role="viewer")
    with pytest.raises(Forbidden):
        decide_job(held, "approve", actor=vera)
    with pytest.raises(NotFound):
        decide_job(held, "approve", actor=olaf)


def test_the_second_of_two_reviewers_meets_a_conflict(held: Job, reviewer: User, project: Project) -> None:
    other = builders.person("rolf")
    Membership.objects.create(project=project, user=other, role="reviewer")
    decide_job(held, "approve", actor=reviewer)
    with pytest.raises(AlreadyDecided):
        decide_job(held, "reject", actor=other, comment="no")
    assert Review.objects.count() == 1


def test_a_policy_set_while_a_job_waits_holds_it_when_it_would_start(
    project: Project, owner: User, submitter: User, data
) -> None:
    job = train(data, submitter)
    assert job.state == State.QUEUED
    set_policy(project, "require_review", {}, actor=owner)
    assert claim_next("train.cpu", "w") is None
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (State.HELD, HELD)


def test_a_policy_that_refuses_ends_a_waiting_job_when_it_would_start(
    project: Project, owner: User, submitter: User, data
) -> None:
    data.dataset.licence = "CC BY-ND 4.0"
    data.dataset.save()
    job, free = train(data, submitter), train(data, submitter, priority=-5)
    set_policy(project, "licence_forbids", {}, actor=owner)
    assert claim_next("train.cpu", "w") is None
    for one in (job, free):
        one.refresh_from_db()
        assert (one.state, one.error_code) == (State.FAILED, "policy_refuses")
        assert one.error_facts["policy"] == "licence_forbids"


def test_a_job_of_another_project_is_claimed_past_held_ones(
    project: Project, owner: User, submitter: User, data, reviewer: User
) -> None:
    train(data, submitter, priority=50)
    set_policy(project, "require_review", {}, actor=owner)
    elsewhere = builders.project("elsewhere", owner=reviewer)
    other = builders.job(elsewhere, reviewer)
    claim = claim_next("train.cpu", "w")
    assert claim is not None
    assert claim.job_id == other.pk


def test_a_cancelled_job_waits_for_no_review(held: Job, submitter: User) -> None:
    cancel(held, actor=submitter)
    assert not ReviewRequest.objects.filter(closed_at=None).exists()


def test_a_cleared_policy_lets_a_new_job_through(
    project: Project, owner: User, held: Job, submitter: User, data
) -> None:
    clear_policy(project, "require_review", actor=owner)
    assert train(data, submitter).state == State.QUEUED
    held.refresh_from_db()
    assert held.state == State.QUEUED
    assert not ReviewRequest.objects.filter(closed_at=None).exists()


def test_jobs_on_data_that_nobody_reviewed_wait_for_that(
    project: Project, owner: User, submitter: User, reviewer: User, data
) -> None:
    set_policy(project, "require_review", {"kinds": [], "data": True}, actor=owner)
    job = train(data, submitter)
    assert job.state_reason == (
        "policy require_review holds it: data set version digits v1 was not approved yet; a reviewer of project "
        "studio other than sam can approve that"
    )
    decide_data(data, "approve", actor=reviewer)
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (State.QUEUED, "digits v1 was approved")


def test_rejected_data_end_the_jobs_that_waited_and_refuse_new_ones(
    project: Project, owner: User, submitter: User, reviewer: User, data
) -> None:
    set_policy(project, "require_review", {"kinds": [], "data": True}, actor=owner)
    job = train(data, submitter)
    decide_data(data, "reject", actor=reviewer, comment="no consent")
    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.CANCELLED, "policy_refuses")


def test_a_job_that_was_not_released_is_held_again_when_it_is_tried_again(
    held: Job, reviewer: User, submitter: User
) -> None:
    from jobs.services import retry

    decide_job(held, "reject", actor=reviewer, comment="no")
    again = retry(held, actor=submitter)
    assert (again.state, again.state_reason) == (State.HELD, HELD)


def test_an_erased_person_stands_in_no_policy_and_no_request(project: Project, owner: User, held: Job) -> None:
    ReviewRequest.objects.update(asked_by="olga")
    erase_person("olga", actor="root")
    assert not ReviewRequest.objects.filter(asked_by="olga").exists()
    assert not ProjectPolicy.objects.filter(set_by="olga").exists()


def pipeline(data, submitter: User) -> tuple[Job, Job]:
    """A training, and a generation with what it makes."""
    first = train(data, submitter, then=[{"kind": "generate", "count": 1}])
    return first, Job.objects.get(kind="generate")


def done(job: Job, data) -> None:
    """The training has made its model."""
    model = builders.model_version(job.project, job.submitted_by, job=job, dataset_version=data)
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING, result={"model_version": str(model.pk)})
    move(job.pk, State.SUCCEEDED, actor="worker test")


def test_a_later_job_of_a_pipeline_is_held_when_its_turn_comes(
    project: Project, owner: User, submitter: User, data
) -> None:
    set_policy(project, "require_review", {"kinds": ["generate"]}, actor=owner)
    first, second = pipeline(data, submitter)
    assert second.state_reason == f"waits for job {first}"
    done(first, data)
    second.refresh_from_db()
    assert (second.state, second.state_reason) == (State.HELD, HELD)


def test_a_later_job_is_refused_by_a_policy_that_was_set_while_it_waited(
    project: Project, owner: User, submitter: User, data
) -> None:
    data.dataset.licence = "all rights reserved"
    data.dataset.save()
    first, second = pipeline(data, submitter)
    set_policy(project, "licence_forbids", {}, actor=owner)
    done(first, data)
    second.refresh_from_db()
    assert (second.state, second.error_code, second.error_facts["policy"]) == (
        State.CANCELLED, "policy_refuses", "licence_forbids",
    )  # fmt: skip


def test_a_cleared_policy_lets_its_jobs_go_whatever_the_reason_says(project: Project, owner: User, held: Job) -> None:
    Job.objects.filter(pk=held.pk).update(state_reason="held in the words of an older release")
    clear_policy(project, "require_review", actor=owner)
    held.refresh_from_db()
    assert held.state == State.QUEUED


def test_a_cleared_policy_lets_no_job_go_that_waits_for_another(
    project: Project, owner: User, submitter: User, held: Job, data
) -> None:
    later = train(data, submitter, after=[str(held.pk)])
    clear_policy(project, "require_review", actor=owner)
    later.refresh_from_db()
    assert (later.state, later.state_reason) == (State.HELD, f"waits for job {held}")
