"""An end and a submission, or two ends, at once over one real database: no job is left waiting for nothing."""

from __future__ import annotations

import pytest

from jobs.earlier import EarlierJobEnded
from jobs.models import Job, JobAfter, State
from jobs.submission import send
from jobs.transitions import move
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 12


@pytest.mark.parametrize("to", [State.SUCCEEDED, State.FAILED])
def test_a_job_submitted_while_the_earlier_one_ends_does_not_wait_for_ever(project, submitter, to):
    data = builders.dataset_version(project, submitter)
    for number in range(ROUNDS):
        first = builders.job(project, submitter, state=State.RUNNING)
        said = {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan", "name": str(number)}
        raised = at_once(
            lambda job=first: move(job.pk, to, actor="worker test"),
            lambda said=said, job=first: send(said | {"after": [str(job.pk)]}, actor=submitter),
        )
        later = Job.objects.filter(name=str(number)).first()
        if to == State.SUCCEEDED:
            assert (raised, later.state) == ([], State.QUEUED)
        elif later is None:
            assert [type(error) for error in raised] == [EarlierJobEnded]
        else:
            assert (raised, later.state) == ([], State.CANCELLED)


def test_two_earlier_jobs_that_succeed_at_once_let_the_later_one_go(project, submitter):
    for _ in range(ROUNDS):
        earlier = [builders.job(project, submitter, state=State.RUNNING) for _ in range(2)]
        later = builders.job(project, submitter, state=State.HELD)
        JobAfter.objects.bulk_create(JobAfter(job=later, earlier=one) for one in earlier)
        assert at_once(*(lambda one=one: move(one.pk, State.SUCCEEDED, actor="worker test") for one in earlier)) == []
        later.refresh_from_db()
        assert later.state == State.QUEUED
