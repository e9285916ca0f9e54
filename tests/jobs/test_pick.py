"""Which job is next: fair share by weight, then priority, then age; quotas hold."""

from __future__ import annotations

import pytest

from accounts.models import Project
from jobs.claim import claim_next
from jobs.pick import fairest

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
    Project.objects.filter(pk=project.pk).update(used_device_s=100, weight=1)
    queued(priority=99)
    other = Project.objects.create(slug="other", used_device_s=150, weight=2)
    theirs = queued(project=other)
    assert fairest("train.cpu", hands()) == theirs


def test_a_project_at_its_quota_waits_and_others_go_on(queued, hands, project):
    Project.objects.filter(pk=project.pk).update(max_running=1)
    queued(priority=9)
    queued(priority=9)
    other = Project.objects.create(slug="other", used_device_s=1e6)
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
