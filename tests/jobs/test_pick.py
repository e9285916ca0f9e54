"""Which job is next: fair share by weight, then priority, then age; quotas hold."""

from __future__ import annotations

import math

import pytest
from django.conf import settings

from accounts.models import Project
from jobs.claim import claim_next, finish
from jobs.models import Job, QueuePause, State, Window
from jobs.pick import fairest, queues
from jobs.shares import charge
from jobs.windows import DAYS

pytestmark = pytest.mark.django_db


def test_priority_comes_before_age(queued, hands):
    queued()
    urgent = queued(priority=5)
    assert fairest("train.cpu", hands()) == urgent


def test_age_decides_between_equals(queued, hands):
    first = queued()
    queued()
    assert fairest("train.cpu", hands()) == first


def test_the_project_that_used_less_for_its_weight_comes_first(queued, hands, project):
    Project.objects.filter(pk=project.pk).update(weight=1)
    other = Project.objects.create(slug="other", weight=2)
    charge(project.pk, 100)
    charge(other.pk, 150)
    queued(priority=99)
    theirs = queued(project=other)
    assert fairest("train.cpu", hands()) == theirs


def test_a_project_at_its_quota_waits_and_others_go_on(queued, hands, project):
    Project.objects.filter(pk=project.pk).update(max_running=1)
    queued(priority=9)
    queued(priority=9)
    other = Project.objects.create(slug="other")
    charge(other.pk, 1e6)
    theirs = queued(project=other)
    first = claim_next("train.cpu", "w1")
    second = claim_next("train.cpu", "w2")
    assert first.job_id != theirs.pk
    assert second.job_id == theirs.pk
    assert claim_next("train.cpu", "w3") is None


def test_a_job_whose_time_has_not_come_is_left_alone(queued, hands):
    hands.move(0)
    later = hands.at.replace(hour=22)
    job = queued(not_before=later)
    assert fairest("train.cpu", hands()) is None
    hands.at = later
    assert fairest("train.cpu", hands()) == job


def test_position_decides_between_equals_of_one_priority(queued, hands):
    queued()
    moved = queued(position=-1)
    assert fairest("train.cpu", hands()) == moved


def test_projects_of_the_same_share_take_the_order_of_their_first_jobs(queued, hands):
    queued()
    urgent = queued(project=Project.objects.create(slug="other"), priority=5)
    assert fairest("train.cpu", hands()) == urgent


def test_what_a_project_is_running_counts_before_it_is_charged(queued, hands, project):
    other = Project.objects.create(slug="other")
    charge(project.pk, 100)
    charge(other.pk, 1000)
    queued()
    claim_next("train.cpu", "w1")
    queued()
    theirs = queued(project=other)
    hands.move(8 * 3600)
    assert fairest("train.cpu", hands()) == theirs


def test_two_workers_that_are_free_at_once_serve_two_projects(queued):
    other = Project.objects.create(slug="other")
    queued(), queued()
    theirs = queued(project=other)
    claim_next("train.cpu", "w1")
    assert claim_next("train.cpu", "w2").job_id == theirs.pk


def test_a_new_project_goes_first_and_then_stands_where_the_least_used_one_stood(queued, hands, project):
    charge(project.pk, 50_000)
    new = Project.objects.create(slug="new", weight=2)
    queued(priority=9)
    theirs = queued(project=new)
    claim = claim_next("train.cpu", "w1")
    assert claim.job_id == theirs.pk
    used = Project.objects.in_bulk()
    assert used[new.pk].share_used == pytest.approx(joined_with_weight(used[project.pk].share_used, 2), abs=1e-3)


def joined_with_weight(mark: float, weight: float) -> float:
    """The mark of so many times the use."""
    return mark + settings.SHARE_HALF_LIFE_S * math.log2(weight)


def test_a_new_project_does_not_run_alone_until_it_has_used_as_much(queued, hands, project):
    charge(project.pk, 50_000)
    new = Project.objects.create(slug="new")
    for _ in range(4):
        queued(), queued(project=new)
    served = []
    for _ in range(4):
        claim = claim_next("train.cpu", "w1")
        served.append(Job.objects.get(pk=claim.job_id).project_id)
        hands.move(600)
        finish(claim, State.SUCCEEDED)
    assert served == [new.pk, project.pk, new.pk, project.pk]


def test_a_job_of_an_open_window_and_one_without_stand_in_one_order(queued, hands, project, submitter):
    facts = {"project": project, "created_by": submitter, "created_at": hands(), "timezone": "UTC"}
    always = [{"days": list(DAYS), "from": "00:00", "to": "24:00"}]
    door = Window.objects.create(name="always", hours=always, **facts)
    shut = Window.objects.create(name="never", hours=[], **facts)
    queued(window=shut, priority=9)
    first, second, third = queued(priority=5), queued(window=door, priority=4), queued(priority=3)
    assert [claim_next("train.cpu", "w").job_id for _ in range(3)] == [first.pk, second.pk, third.pk]
    assert claim_next("train.cpu", "w") is None


def test_nothing_is_picked_from_a_paused_queue(queued, hands, submitter):
    queued()
    QueuePause.objects.create(queue="train.cpu", paused_by=submitter, paused_at=hands())
    assert fairest("train.cpu", hands()) is None


def test_the_queues_with_work_are_named_once_each(queued):
    queued(), queued(), queued(queue="io"), queued(queue="generate.cpu", state=State.HELD)
    assert queues() == ["io", "train.cpu"]
