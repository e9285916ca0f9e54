"""A job named by an alias works on the version it stood for when it was submitted; a recurring one resolves anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from catalog import aliases
from catalog.models import Stage
from catalog.naming import AliasUnusable
from jobs.clone import clone
from jobs.holds import decide_model
from jobs.models import Job, Schedule
from jobs.recurring import take_due
from jobs.schedules import create_schedule
from jobs.submission import send
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
BODY = {"kind": "generate", "model_version": "chest-xray@production", "count": 1}


@pytest.fixture
def approved(project, submitter):
    return lambda: builders.model_version(project, submitter, "chest-xray", stage=Stage.APPROVED)


@pytest.fixture
def point(submitter, reviewer):
    """Lets chest-xray@production stand for a version."""

    def to(version):
        move = aliases.propose(version.model, "production", version, actor=submitter)
        aliases.decide_alias(move.alias, "approve", actor=reviewer)

    return to


def test_a_move_changes_no_job_that_was_submitted_before(approved, point, submitter):
    point(first := approved())
    job, _ = send(BODY, actor=submitter)
    point(approved())
    assert job.inputs.get().model_version == first


def test_the_log_holds_what_was_said_and_what_it_became(approved, point, submitter):
    point(version := approved())
    job, _ = send(BODY, actor=submitter)
    detail = AuditEvent.objects.get(verb="job.submitted", subject_id=str(job.pk)).detail.detail
    said = {"said": "chest-xray@production", "model_version": str(version.pk)}
    assert detail["models"] == {"model": said}


def test_a_clone_keeps_the_version(approved, point, submitter):
    point(first := approved())
    job, _ = send(BODY, actor=submitter)
    point(approved())
    copy, _ = clone(job, actor=submitter)
    assert copy.inputs.get().model_version == first


def test_what_comes_then_takes_an_alias_too(approved, point, submitter):
    point(version := approved())
    job, _ = send(BODY | {"then": [BODY]}, actor=submitter)
    following = job.followed_by.get().job
    assert (following.inputs.get().model_version, following.inputs.get().named) == (version, BODY["model_version"])


def test_a_recurring_job_works_on_what_the_alias_stands_for_each_time(approved, point, submitter, project, hands):
    point(first := approved())
    when = {"timezone": "UTC", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "at": "03:00"}
    create_schedule(project, actor=submitter, name="nightly", body=BODY, **when)
    hands.move(timedelta(days=1).total_seconds())
    (one,) = take_due(hands(), actor="sweeper")
    point(second := approved())
    hands.move(timedelta(days=1).total_seconds())
    (other,) = take_due(hands(), actor="sweeper")
    assert [job.inputs.get().model_version for job in (one, other)] == [first, second]


def test_a_recurring_job_whose_alias_stands_for_a_revoked_version_says_so_and_rests_till_it_moves(
    approved, point, submitter, reviewer, project, hands
):
    point(first := approved())
    when = {"timezone": "UTC", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "at": "03:00"}
    create_schedule(project, actor=submitter, name="nightly", body=BODY, **when)
    decide_model(first, "revoke", actor=reviewer, comment="consent withdrawn")
    hands.move(timedelta(days=1).total_seconds())
    assert take_due(hands(), actor="sweeper") == []
    assert Schedule.objects.get().last_error["code"] == "alias_unusable"


def test_a_submission_by_the_alias_of_a_retired_version_writes_nothing(approved, point, submitter, reviewer):
    point(version := approved())
    decide_model(version, "retire", actor=reviewer)
    with pytest.raises(AliasUnusable) as gone:
        send(BODY, actor=submitter)
    assert gone.value.field == "model_version"
    assert not Job.objects.exists()
