"""A running training makes room for a project far below its share: late enough, one at a time, and without harm."""

from __future__ import annotations

import pytest
from django.conf import settings

from accounts.models import Project
from audit.models import AuditEvent
from jobs import preempt
from jobs.claim import beat, claim_next, release, take_back
from jobs.models import Job, State
from jobs.shares import charge

pytestmark = pytest.mark.django_db
HOUR = 3600.0


@pytest.fixture
def other(hands) -> Project:
    """Has used a little of late."""
    made = Project.objects.create(slug="other")
    charge(made.pk, 60.0)
    return made


@pytest.fixture
def ahead(project: Project, hands) -> Project:
    """Has used much more."""
    charge(project.pk, 10 * HOUR)
    return project


def look(hands) -> list:
    return preempt.preempt("w9", hands())


def running(queued, hands, **facts):
    """A job that has run for an hour."""
    job = queued(**facts)
    claim = claim_next(job.queue, "w1")
    hands.move(HOUR)
    return claim


def waits(queued, hands, project: Project, **facts) -> Job:
    """A job that no free worker took."""
    job = queued(project=project, **facts)
    hands.move(60)
    return job


def test_the_one_ahead_is_asked_and_the_one_below_runs_next(queued, hands, ahead, other):
    claim = running(queued, hands)
    theirs = waits(queued, hands, other)
    assert look(hands) == [claim.job_id]
    assert beat(claim) == "yield"
    release(claim, reason="the worker was shut down")
    assert claim_next("train.cpu", "w1").job_id == theirs.pk


def test_who_yielded_is_told_so_keeps_its_place_and_is_never_poison(queued, hands, ahead, other):
    claim = running(queued, hands, priority=3, position=-7)
    waits(queued, hands, other)
    look(hands)
    release(claim, reason="the worker was shut down")
    job = Job.objects.get(pk=claim.job_id)
    assert (job.state, job.state_reason, job.wants) == (State.QUEUED, preempt.YIELDED, "")
    assert (job.priority, job.position, job.barren_attempts) == (3, -7, 0)
    assert job.tries.get().reason == preempt.YIELDED


def test_it_is_audited(queued, hands, ahead, other):
    claim = running(queued, hands)
    waits(queued, hands, other)
    look(hands)
    event = AuditEvent.objects.get(verb="job.yield_asked")
    assert (event.subject_id, event.actor) == (str(claim.job_id), "worker w9")


def test_nobody_is_asked_before_the_minimum_run(queued, hands, ahead, other):
    queued()
    claim_next("train.cpu", "w1")
    queued(project=other)
    hands.move(settings.PREEMPT_AFTER_S - 1)
    assert look(hands) == []
    hands.move(1)
    assert len(look(hands)) == 1


def test_nobody_is_asked_for_a_project_that_is_not_far_below(queued, hands, ahead, other):
    charge(other.pk, 10.5 * HOUR)
    running(queued, hands)
    waits(queued, hands, other)
    assert look(hands) == []


def test_weight_decides_who_is_far_below(queued, hands, ahead, other):
    charge(other.pk, 10 * HOUR)
    Project.objects.filter(pk=other.pk).update(weight=4)
    claim = running(queued, hands)
    waits(queued, hands, other)
    assert look(hands) == [claim.job_id]


@pytest.mark.parametrize("kind", ["generate", "ingest"])
def test_a_job_that_cannot_save_is_not_asked(queued, hands, ahead, other, kind):
    running(queued, hands, kind=kind)
    waits(queued, hands, other)
    assert look(hands) == []


def test_at_most_one_job_of_a_queue_is_asked_at_a_time(queued, hands, ahead, other):
    running(queued, hands), running(queued, hands)
    waits(queued, hands, other), waits(queued, hands, other)
    assert len(look(hands)) == 1
    assert look(hands) == []


@pytest.mark.parametrize("want", ["cancel", "pause"])
def test_what_a_person_asked_for_makes_room_already(queued, hands, ahead, other, want):
    claim = running(queued, hands)
    Job.objects.filter(pk=claim.job_id).update(wants=want)
    waits(queued, hands, other)
    assert look(hands) == []


def test_a_job_that_came_a_moment_ago_may_find_a_free_worker(queued, hands, ahead, other):
    running(queued, hands)
    queued(project=other)
    assert look(hands) == []


def test_a_project_at_its_quota_makes_nobody_yield(queued, hands, ahead, other):
    Project.objects.filter(pk=other.pk).update(max_device_hours=1e-6)
    running(queued, hands)
    waits(queued, hands, other)
    assert look(hands) == []


def test_of_several_the_least_urgent_of_the_project_furthest_ahead_is_asked(queued, hands, ahead, other):
    Project.objects.filter(pk=other.pk).update(weight=100)
    running(queued, hands, priority=5)
    least = running(queued, hands, priority=-5)
    waits(queued, hands, other)
    assert look(hands) == [least.job_id]


def test_a_new_project_makes_nobody_yield_until_it_has_fallen_behind(queued, hands, ahead):
    new = Project.objects.create(slug="new")
    claim = running(queued, hands)
    waits(queued, hands, new)
    assert look(hands) == []
    hands.move(settings.PREEMPT_BEHIND_S / 2)
    assert look(hands) == []
    hands.move(settings.PREEMPT_BEHIND_S / 2)
    assert look(hands) == [claim.job_id]


def test_a_job_that_died_while_it_was_asked_starts_again_and_is_counted(queued, hands, ahead, other):
    claim = running(queued, hands)
    waits(queued, hands, other)
    look(hands)
    take_back(Job.objects.get(pk=claim.job_id), actor="w", reason="the engine ended by SIGSEGV")
    job = Job.objects.get(pk=claim.job_id)
    assert (job.state, job.barren_attempts) == (State.QUEUED, 1)
    assert job.state_reason.startswith("starts again")


def test_an_idle_platform_is_asked_one_query(django_assert_num_queries, hands):
    with django_assert_num_queries(1):
        look(hands)
