"""A decision on data at once with what moves the jobs that wait for it: nobody waits in a circle or for ever."""

from __future__ import annotations

import pytest

from accounts.models import Membership, Project, User
from jobs.holds import decide_data
from jobs.models import Job, State
from jobs.policies import clear_policy, set_policy
from jobs.submission import send
from jobs.transitions import move
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 12


@pytest.fixture
def owner(project: Project) -> User:
    """Sets policies in the project."""
    olga = builders.person("olga")
    Membership.objects.create(project=project, user=olga, role="owner")
    set_policy(project, "require_review", {"kinds": [], "data": True}, actor=olga)
    return olga


def train(data, submitter: User, *after: Job) -> Job:
    """A training that waits for its data to be approved, and for earlier jobs."""
    body = {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan"}
    return send(body | {"after": [str(job.pk) for job in after]}, actor=submitter)[0]


def test_a_decision_on_data_while_an_earlier_job_ends_waits_in_no_circle(
    project: Project, owner: User, submitter: User, reviewer: User
) -> None:
    for number in range(ROUNDS):
        data = builders.dataset_version(project, submitter, f"data {number}")
        earlier = [builders.job(project, submitter, state=State.RUNNING) for _ in range(3)]
        later = [train(data, submitter, one) for one in earlier for _ in range(2)]
        raised = at_once(
            lambda data=data: decide_data(data, "approve", actor=reviewer),
            *(lambda one=one: move(one.pk, State.SUCCEEDED, actor="worker test") for one in earlier),
        )
        states = set(Job.objects.filter(pk__in=[job.pk for job in later]).values_list("state", flat=True))
        assert (raised, states) == ([], {State.QUEUED})


def test_a_job_submitted_while_its_data_are_approved_does_not_wait_for_ever(
    project: Project, owner: User, submitter: User, reviewer: User
) -> None:
    for number in range(ROUNDS):
        data = builders.dataset_version(project, submitter, f"data {number}")
        raised = at_once(
            lambda data=data: decide_data(data, "approve", actor=reviewer),
            *(lambda data=data: train(data, submitter) for _ in range(3)),
        )
        assert (raised, Job.objects.filter(state=State.HELD).count()) == ([], 0)


def test_a_policy_cleared_while_earlier_jobs_end_waits_in_no_circle(
    project: Project, owner: User, submitter: User
) -> None:
    for number in range(ROUNDS):
        set_policy(project, "require_review", {"kinds": ["train"]}, actor=owner)
        data = builders.dataset_version(project, submitter, f"data {number}")
        earlier = builders.job(project, submitter, state=State.RUNNING)
        later = [train(data, submitter), train(data, submitter, earlier), train(data, submitter)]
        raised = at_once(
            lambda: clear_policy(project, "require_review", actor=owner),
            lambda earlier=earlier: move(earlier.pk, State.SUCCEEDED, actor="worker test"),
        )
        states = set(Job.objects.filter(pk__in=[job.pk for job in later]).values_list("state", flat=True))
        assert (raised, states) == ([], {State.QUEUED})
