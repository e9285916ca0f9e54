"""The digest: what a night brought, for whom, and what is to be looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audit.models import AuditEvent
from jobs import digest_day, presence
from jobs.digest import digest, evening_before
from jobs.models import Attempt, DigestMail, JobAfter, JobEvent, QueuePause, Schedule, State
from models_store.errors import InvalidInput
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db):
    """Runs the platform."""
    return builders.person("root", is_superuser=True)


def test_it_begins_yesterday_evening_by_the_clock_that_is_set(settings):
    settings.DIGEST_ZONE = "Asia/Shanghai"
    moment = datetime(2026, 3, 1, 23, tzinfo=UTC)  # the second of March there
    assert evening_before(moment) == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_what_ended_in_the_time_is_told_and_nothing_else(queued, submitter, hands):
    hour = timedelta(hours=1)
    done = queued(state=State.SUCCEEDED, finished_at=hands() - hour)
    bad = queued(state=State.FAILED, finished_at=hands() - 2 * hour, state_reason="no room")
    queued(state=State.SUCCEEDED, finished_at=hands() - 30 * hour)
    queued(state=State.SUCCEEDED, finished_at=hands() - hour, kind="verify")
    runs, waits = queued(state=State.RUNNING), queued()
    found = digest(submitter)
    assert (found.finished, found.failed, found.running) == ([done], [bad], [runs])
    assert [one.job for one in found.plan] == [waits]
    assert found.counts == {"finished": 1, "failed": 1, "running": 1, "queued": 1, "held": 0}


def test_what_waits_for_a_person_is_told_and_what_waits_for_another_job_is_not(queued, submitter):
    held, later, first = queued(state=State.HELD), queued(state=State.HELD), queued()
    JobAfter.objects.create(job=later, earlier=first)
    found = digest(submitter)
    assert (found.held, found.counts["held"]) == ([held], 1)


def test_other_projects_are_not_told_to_a_member(queued, submitter, hands, operator):
    other = builders.project("elsewhere", owner=operator)
    Attempt.objects.create(
        job=queued(project=other, state=State.ERRORED, finished_at=hands() - timedelta(hours=1)), token=1,
        worker="w9", started_at=hands() - timedelta(hours=2), ended_at=hands() - timedelta(hours=1), outcome="lost",
    )  # fmt: skip
    mine, whole = digest(submitter), digest(operator)
    assert (mine.counts["failed"], mine.devices, mine.alarms) == (0, [], [])
    assert (whole.counts["failed"], [one.worker for one in whole.devices]) == (1, ["w9"])
    assert "attempts that worker w9 lost: 1" in whole.alarms


def test_hours_at_work_and_idle_fill_the_time_of_each_device(queued, operator, hands):
    begin, end = hands() - timedelta(hours=10), hands()
    job = queued(state=State.RUNNING)
    for token, (start, stop) in enumerate([(12, 8), (3, None)]):
        Attempt.objects.create(
            job=job, token=token, worker="w1", started_at=end - timedelta(hours=start),
            ended_at=None if stop is None else end - timedelta(hours=stop), facts={"device": "cuda"},
        )  # fmt: skip
    presence.here("w2", ["train.cuda"])
    first, second = digest(operator, begin=begin, end=end).devices
    assert (first.worker, first.device, first.used_s, first.idle_s) == ("w1", "cuda", 5 * 3600, 5 * 3600)
    assert (second.worker, second.device, second.used_s, second.idle_s) == ("w2", "cuda", 0, 10 * 3600)


def test_the_latest_grid_of_each_training_is_shown(queued, submitter, hands):
    job = queued(state=State.SUCCEEDED, finished_at=hands() - timedelta(hours=1))
    for step in (100, 200):
        JobEvent.objects.create(job=job, type="sample", at=hands(), data={"step": step, "sha256": "a" * 64})
    assert [(one.job, one.step) for one in digest(submitter).samples] == [(job, 200)]


def test_what_is_due_tonight_is_in_the_plan(queued, project, submitter, hands):
    facts = {"project": project, "timezone": "UTC", "submitted_by": submitter, "created_at": hands()}
    soon = Schedule.objects.create(name="tonight", next_due=hands() + timedelta(hours=9), **facts)
    Schedule.objects.create(name="in a week", next_due=hands() + timedelta(days=7), **facts)
    assert [one.schedule for one in digest(submitter).plan] == [soon]


def test_alarms_name_queues_that_nobody_works_on(queued, operator, submitter, hands):
    queued()
    queued(queue="io")
    QueuePause.objects.create(queue="io", paused_by=operator, paused_at=hands())
    assert digest(submitter).alarms == [
        "queue io is paused by root; waiting there: 1",
        "no worker listens to queue train.cpu; waiting there: 1",
    ]


@pytest.mark.parametrize("hours", [(0, 5), (-1, 0), (0, -24 * 40)])
def test_a_time_that_is_none_is_refused(hours, submitter, hands):
    begin, end = (hands() + timedelta(hours=one) for one in (max(hours), min(hours)))
    begin, end = (begin, end) if hours[1] > -100 else (end, begin)
    with pytest.raises(InvalidInput) as wrong:
        digest(submitter, begin=begin, end=end)
    assert wrong.value.field == "from"


def test_a_day_is_taken_once(hands):
    day = hands().date()
    assert [digest_day.take(day) for _ in range(3)] == [True, False, False]


def test_a_day_that_was_not_sent_is_taken_again_and_one_that_was_is_not(hands):
    day = hands().date()
    digest_day.take(day)
    hands.move(digest_day.AGAIN_AFTER.total_seconds() + 1)
    assert [digest_day.take(day) for _ in range(2)] == [True, False]
    digest_day.sent(day, actor="worker w1", recipients=2)
    hands.move(digest_day.AGAIN_AFTER.total_seconds() + 1)
    assert not digest_day.take(day)
    assert DigestMail.objects.get().sent_at
    assert AuditEvent.objects.get(verb="digest.sent").subject_id == str(day)
