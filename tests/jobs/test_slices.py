"""When a large job makes way: for whoever a free worker would serve before it, and for nobody else."""

from __future__ import annotations

import pytest

from accounts.models import Project
from config import clock
from jobs.claim import release
from jobs.models import Job, QueuePause, State
from jobs.shares import charge
from jobs.slices import TOOK_TURN, others_wait
from tests import builders
from tests.jobs.generating import LIKE, QUEUE, claims_of, other_project, soon, taken, window

pytestmark = pytest.mark.django_db
LARGE = LIKE | {"batch_key": ""}


@pytest.fixture
def large(queued, project):
    """A large job that runs, of a project that has used 1,000 s."""
    charge(project.pk, 1000)
    job = queued(**LARGE)
    assert taken() == [job]
    return job


@pytest.fixture
def waits(large, hands):
    """Whether the large job would have to make way now."""
    return lambda: others_wait(large, hands())


def used(seconds: float, **facts: object) -> Project:
    """Another project that has used so much."""
    made = other_project(**facts)
    charge(made.pk, seconds)
    return made


def test_where_nobody_waits_it_goes_on(waits):
    assert not waits()


@pytest.mark.parametrize(("priority", "expected"), [(-1, False), (0, True), (1, True)])
def test_its_own_project_is_let_go_first_where_it_is_as_urgent(queued, waits, priority, expected):
    queued(**LIKE, priority=priority)
    assert waits() is expected


@pytest.mark.parametrize(("seconds", "expected"), [(10, True), (100_000, False)])
def test_another_project_is_let_go_first_where_it_used_less(queued, waits, seconds, expected):
    queued(**LIKE, project=used(seconds), priority=-5)
    assert waits() is expected


def test_one_that_was_tried_before_is_not_waited_for_but_one_behind_it_is(queued, waits):
    queued(**LIKE, attempts_made=1)
    assert not waits()
    queued(**LIKE)
    assert waits()


def test_a_new_project_is_let_go_first(queued, waits):
    queued(**LIKE, project=other_project())
    assert waits()


def test_what_counts_is_the_use_for_each_unit_of_weight(queued, waits):
    queued(**LIKE, project=used(3000, weight=10))
    assert waits()


def test_what_the_large_job_has_run_counts_as_used(queued, waits, hands):
    queued(**LIKE, project=used(1500))
    assert not waits()
    hands.move(3600)
    assert waits()


def test_one_that_is_over_its_quota_is_not_waited_for(queued, waits):
    queued(**LIKE, project=used(10, max_device_hours=1e-9))
    assert not waits()


def test_its_own_project_at_its_limit_can_start_nothing_in_its_place(queued, waits, project):
    Project.objects.filter(pk=project.pk).update(max_running=1)
    queued(**LIKE)
    assert not waits()


def test_behind_one_over_its_quota_another_one_may_wait(queued, waits):
    queued(**LIKE, project=used(10, max_device_hours=1e-9))
    third = other_project("third")
    charge(third.pk, 20)
    queued(**LIKE, project=third)
    assert waits()


def test_in_a_paused_queue_nobody_waits_for_it(queued, waits, submitter, hands):
    queued(**LIKE, project=used(10))
    QueuePause.objects.create(queue=QUEUE, paused_by=submitter, paused_at=hands())
    assert not waits()


def test_a_job_that_may_not_start_yet_is_not_waited_for(queued, waits, hands, project, submitter):
    queued(**LIKE, not_before=soon(hands()))
    queued(**LIKE, window=window(project, submitter, hands(), is_open=False))
    assert not waits()
    hands.move(61)
    assert waits()


def test_a_job_of_an_open_window_is_waited_for(queued, waits, hands, project, submitter):
    queued(**LIKE, window=window(project, submitter, hands(), is_open=True))
    assert waits()


def test_a_job_of_another_queue_is_not_waited_for(queued, waits):
    queued(**(LIKE | {"queue": "io"}))
    assert not waits()


def test_one_that_made_way_waits_its_turn_and_never_counts_as_poison(queued, large):
    small = queued(**LIKE)
    Job.objects.filter(pk=large.pk).update(attempts_made=5, barren_attempts=2)
    release(claim_of(large), reason=TOOK_TURN)
    large.refresh_from_db()
    assert (large.state, large.state_reason, large.barren_attempts) == (State.QUEUED, TOOK_TURN, 0)
    passed = {large.pk: 1.0}
    assert taken(passed) == [small]
    assert taken(passed) == [large]


def claim_of(job: Job):
    from jobs.claim import Claim

    job.refresh_from_db()
    return Claim(job.pk, job.token, job.worker, 30)


@pytest.mark.django_db(transaction=True)
def test_it_can_be_asked_outside_a_transaction_as_a_worker_does(project, submitter):
    running = builders.job(project, submitter, "generate", queue=QUEUE)
    assert len(claims_of()) == 1
    builders.job(project, submitter, "generate", queue=QUEUE)
    assert others_wait(running, clock.now())
