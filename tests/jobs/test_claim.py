"""The lease: one owner at a time, late writers are refused, nothing is lost."""

from __future__ import annotations

import pytest

from accounts.models import Project
from audit.models import AuditEvent
from jobs import sweep
from jobs.claim import LeaseLost, beat, claim_next, finish, release, report, take_back
from jobs.models import Attempt, Job, JobEvent, State
from jobs.transitions import IllegalTransition, move

pytestmark = pytest.mark.django_db


def claimed(queue: str = "train.cpu"):
    claim = claim_next(queue, "w1")
    assert claim is not None
    return claim


def test_a_claim_takes_the_job_with_a_token_and_a_lease(queued, hands):
    job = queued()
    claim = claimed()
    job.refresh_from_db()
    assert (job.state, job.token, job.attempts_made) == (State.RUNNING, claim.token, 1)
    assert (job.lease_until - hands()).total_seconds() == 90
    assert Attempt.objects.get(job=job).token == claim.token


def test_a_claimed_job_is_not_claimed_again(queued):
    queued()
    claimed()
    assert claim_next("train.cpu", "w2") is None


def test_an_empty_queue_gives_nothing(queued):
    queued(queue="io")
    assert claim_next("train.cpu", "w1") is None


def test_a_beat_moves_the_lease_and_brings_back_what_is_wanted(queued, hands):
    job = queued()
    claim = claimed()
    hands.move(60)
    Job.objects.filter(pk=job.pk).update(wants="pause")
    assert beat(claim, done=3, total=9, unit="steps") == "pause"
    job.refresh_from_db()
    assert (job.done, job.total) == (3, 9)
    assert (job.lease_until - hands()).total_seconds() == 90


def test_an_expired_lease_gives_the_job_to_the_next_and_refuses_the_late_writer(queued, hands):
    job = queued()
    late = claimed()
    hands.move(91)
    assert sweep.expire("w2") == 1
    second = claimed()
    assert second.token == late.token + 1
    for write in (
        lambda: beat(late),
        lambda: report(late, "log", {"message": "I am late"}),
        lambda: finish(late, State.SUCCEEDED, result={"by": "the late one"}),
        lambda: release(late, reason="late"),
    ):
        with pytest.raises(LeaseLost):
            write()
    job.refresh_from_db()
    assert (job.state, job.result, job.token) == (State.RUNNING, {}, second.token)
    assert not JobEvent.objects.filter(job=job, type="log").exists()


def test_a_lease_that_was_beaten_in_time_is_not_taken_back(queued, hands):
    queued()
    claim = claimed()
    hands.move(89)
    beat(claim)
    hands.move(60)
    assert sweep.expire("w2") == 0


def test_two_sweepers_take_a_lease_back_once(queued, hands):
    job = queued()
    claimed()
    hands.move(91)
    seen = Job.objects.get(pk=job.pk)
    take_back(seen, actor="first", reason="silent", silent=True)
    with pytest.raises(IllegalTransition):
        take_back(seen, actor="second", reason="silent", silent=True)
    assert Attempt.objects.filter(job=job, outcome="lost").count() == 1


def test_three_attempts_without_progress_are_poison_and_say_why(queued, hands):
    job = queued()
    for _ in range(3):
        claimed()
        take_back(Job.objects.get(pk=job.pk), actor="w1", reason="the engine ended by signal SIGSEGV")
    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.FAILED, "poison")
    assert "3 attempts in a row" in job.state_reason
    assert "SIGSEGV" in job.state_reason


def test_workers_that_fall_silent_are_poison_only_in_the_long_run(queued, hands):
    job = queued()
    states = []
    for _ in range(10):
        claimed()
        hands.move(91)
        sweep.expire("w2")
        job.refresh_from_db()
        states.append(job.state)
    assert states == [State.QUEUED] * 9 + [State.FAILED]
    assert (job.error_code, Attempt.objects.filter(job=job, outcome="lost").count()) == ("poison", 10)


def test_a_worker_that_fell_silent_in_between_does_not_hide_poison(queued, hands):
    job = queued()
    for silent in (False, True, True, False, False):
        job.refresh_from_db()
        assert job.state == State.QUEUED
        claimed()
        take_back(Job.objects.get(pk=job.pk), actor="w1", reason="it ended", silent=silent)
    job.refresh_from_db()
    assert (job.state, job.error_code) == (State.FAILED, "poison")


def test_progress_resets_the_count_of_attempts(queued, hands):
    job = queued()
    for _ in range(5):
        report(claimed(), "checkpoint", {"step": 1}, checkpoint={"step": 1, "files": {}}, barren_attempts=0)
        hands.move(91)
        sweep.expire("w2")
    job.refresh_from_db()
    assert (job.state, job.attempts_made) == (State.QUEUED, 5)


def test_a_cancel_asked_of_a_dead_worker_holds_when_its_lease_expires(queued, hands):
    job = queued()
    claimed()
    Job.objects.filter(pk=job.pk).update(wants="cancel")
    hands.move(91)
    sweep.expire("w2")
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    assert claim_next("train.cpu", "w2") is None


@pytest.mark.parametrize(("wants", "to"), [("cancel", State.CANCELLED), ("pause", State.PAUSED), ("", State.QUEUED)])
def test_a_release_goes_where_a_person_asked_for(queued, wants, to):
    job = queued()
    claim = claimed()
    Job.objects.filter(pk=job.pk).update(wants=wants)
    release(claim, reason="the worker was shut down")
    job.refresh_from_db()
    assert job.state == to


def test_an_ended_job_cannot_be_moved_to_running(queued):
    job = queued(state=State.SUCCEEDED)
    with pytest.raises(IllegalTransition) as refused:
        move(job.pk, State.RUNNING, actor="nobody")
    assert refused.value.got == State.SUCCEEDED


def test_every_move_leaves_an_audit_event_and_a_refused_one_leaves_none(queued):
    job = queued()
    move(job.pk, State.CANCELLED, actor="a")
    with pytest.raises(IllegalTransition):
        move(job.pk, State.CANCELLED, actor="b")
    assert list(AuditEvent.objects.filter(subject_id=str(job.pk)).values_list("verb", flat=True)) == ["job.cancelled"]


def test_device_seconds_are_charged_to_the_project(queued, hands, project):
    queued()
    claim = claimed()
    hands.move(40)
    finish(claim, State.SUCCEEDED)
    assert Project.objects.get(pk=project.pk).used_device_s == pytest.approx(40)


@pytest.mark.parametrize(("wants", "to"), [("cancel", State.CANCELLED), ("pause", State.PAUSED)])
def test_a_lost_attempt_goes_where_a_person_asked_for(queued, hands, wants, to):
    job = queued()
    claimed()
    seen = Job.objects.get(pk=job.pk)
    Job.objects.filter(pk=job.pk).update(wants=wants)  # after the sweeper looked
    take_back(seen, actor="first", reason="silent", silent=True)
    job.refresh_from_db()
    assert (job.state, job.wants) == (to, "")


def test_keys_are_not_read_where_the_log_has_not_grown(queued, monkeypatch):
    move(queued().pk, State.CANCELLED, actor="a")
    sweep.sequence()
    monkeypatch.setattr(sweep.Keyring, "load", lambda folder: pytest.fail("the keys were read"))
    sweep.sequence()
