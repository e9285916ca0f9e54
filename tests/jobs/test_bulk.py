"""One action on many jobs: each answers for itself, truthfully."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from jobs.bulk import ask_all
from jobs.claim import claim_next
from jobs.models import Job, State
from models_store.errors import InvalidInput
from models_store.ids import new_id

pytestmark = pytest.mark.django_db


def asked(jobs, action, actor, **more):
    """The outcomes, by job."""
    rows = {job.pk: job for job in jobs}
    return {one.id: one for one in ask_all(rows, rows, action, actor=actor, **more)}


def test_what_came_too_late_says_what_is_so_and_the_others_are_done(queued, submitter):
    running = queued(priority=9)
    claim_next("train.cpu", "w1")
    waiting, over = queued(), queued(state=State.SUCCEEDED)
    found = asked([running, waiting, over], "cancel", submitter)
    assert (found[waiting.pk].done, found[waiting.pk].state) == (True, State.CANCELLED)
    assert (found[running.pk].done, found[running.pk].state) == (True, State.RUNNING)
    assert "cancel asked for" in found[running.pk].state_reason
    assert (found[over.pk].done, found[over.pk].code, found[over.pk].state) == (
        False, "illegal_transition", State.SUCCEEDED,
    )  # fmt: skip


def test_an_action_repeated_changes_nothing_and_is_audited_once(queued, submitter):
    jobs = [queued(), queued()]
    for _ in range(2):
        assert all(one.done for one in asked(jobs, "pause", submitter).values())
    assert AuditEvent.objects.filter(verb="job.paused").count() == 2


def test_jobs_of_other_projects_are_not_there(queued, submitter):
    stranger = new_id()
    outcome = ask_all({}, [stranger], "cancel", actor=submitter)[0]
    assert (outcome.id, outcome.done, outcome.code) == (stranger, False, "not_found")


def test_priorities_are_set_of_those_that_wait(queued, submitter):
    waiting, over = queued(), queued(state=State.FAILED)
    found = asked([waiting, over], "priority", submitter, priority=20)
    assert (found[waiting.pk].done, found[over.pk].done) == (True, False)
    assert set(Job.objects.values_list("priority", flat=True)) == {0, 20}


def test_one_job_named_twice_answers_once(queued, submitter):
    job = queued()
    assert len(ask_all({job.pk: job}, [job.pk, job.pk], "cancel", actor=submitter)) == 1


@pytest.mark.parametrize(("action", "field"), [("delete", "action"), ("priority", "priority")])
def test_an_action_that_is_none_is_refused(action, field, submitter):
    with pytest.raises(InvalidInput) as wrong:
        ask_all({}, [], action, actor=submitter)
    assert wrong.value.field == field
