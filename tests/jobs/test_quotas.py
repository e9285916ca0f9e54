"""Quotas hold a project's jobs in the queue, say why, and let go when what they count is no longer there."""

from __future__ import annotations

import pytest

from accounts.models import Project
from jobs import quotas
from jobs.claim import claim_next, finish
from jobs.models import Job, State
from jobs.running import running_now
from jobs.shares import charge, charge_part

pytestmark = pytest.mark.django_db
HOUR, DAY = 3600.0, 86_400.0


def limited(project: Project, **quota: float) -> Project:
    Project.objects.filter(pk=project.pk).update(**quota)
    project.refresh_from_db()
    return project


def why(project: Project, hands) -> str:
    return quotas.reasons([project.pk], hands()).get(project.pk, "")


def test_jobs_running_at_once_are_counted_in_the_reason(queued, hands, project):
    limited(project, max_running=2)
    for _ in range(3):
        queued()
        claim_next("train.cpu", "w")
    assert why(project, hands) == "quota: 2 of 2 running"
    assert Job.objects.filter(state=State.RUNNING).count() == 2


def test_a_job_over_the_hours_of_the_week_waits_and_goes_on_when_days_pass(queued, hands, project):
    limited(project, max_device_hours=10)
    charge(project.pk, 12.3 * HOUR)
    queued()
    assert claim_next("train.cpu", "w") is None
    assert why(project, hands) == "quota: 12.3 of 10 device hours used this week"
    hands.move(6 * DAY)
    assert claim_next("train.cpu", "w") is None
    hands.move(DAY)
    assert why(project, hands) == ""
    assert claim_next("train.cpu", "w") is not None


def test_what_runs_counts_against_the_hours_of_the_week(queued, hands, project):
    limited(project, max_device_hours=2)
    queued(), queued()
    claim_next("train.cpu", "w1")
    hands.move(2 * HOUR)
    assert claim_next("train.cpu", "w2") is None
    assert why(project, hands) == "quota: 2.0 of 2 device hours used this week"


def test_the_quota_of_one_project_holds_no_other(queued, hands, project):
    limited(project, max_device_hours=1)
    charge(project.pk, HOUR)
    queued(priority=9)
    other = Project.objects.create(slug="other")
    charge(other.pk, 100 * HOUR)
    theirs = queued(project=other)
    assert claim_next("train.cpu", "w").job_id == theirs.pk


def test_no_limit_gives_no_reason(queued, hands, project):
    charge(project.pk, 1e6)
    queued()
    claim_next("train.cpu", "w")
    assert why(project, hands) == ""


def test_reasons_of_many_projects_cost_no_more_queries_than_of_one(django_assert_max_num_queries, hands):
    made = [Project.objects.create(slug=f"p{n}", max_running=1, max_device_hours=1) for n in range(20)]
    with django_assert_max_num_queries(3):
        quotas.reasons([one.pk for one in made], hands())


def test_a_job_charged_by_its_parts_is_not_charged_by_the_clock(queued, hands, project):
    queued()
    claim = claim_next("train.cpu", "w")
    hands.move(100)
    charge_part(project.pk, claim.job_id, claim.token, 3.0)
    assert running_now(hands())[project.pk].device_s == 0.0
    charge_part(project.pk, claim.job_id, claim.token, 4.0)
    finish(claim, State.SUCCEEDED)
    project.refresh_from_db()
    assert project.used_device_s == pytest.approx(7.0)
