"""Recurring jobs: taken once when they are due, as their owner, with what is newest then."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import Membership, User
from audit.models import AuditEvent
from catalog.models import DatasetVersion, VersionState
from jobs.models import Job, Schedule
from jobs.recurring import take_due
from jobs.schedules import change_schedule, create_schedule, delete_schedule, go_on, rest, run_now
from jobs.sweep import sweep
from models_store.errors import Conflict, InvalidInput, ProductError
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
SUNDAY = datetime(2026, 3, 8, 2, tzinfo=UTC)
WEEK = timedelta(days=7)
WHEN = {"timezone": "UTC", "days": ["sun"], "at": "02:00"}
BODY = {"kind": "train", "family": "dcgan", "dataset_version": "latest:digits"}


@pytest.fixture
def data(project, submitter) -> DatasetVersion:
    """The first version of `digits`."""
    return builders.dataset_version(project, submitter)


@pytest.fixture
def weekly(project, submitter, hands, data) -> Schedule:
    """Trains on the newest digits every Sunday at two; it is a week before one."""
    hands.at = SUNDAY - timedelta(days=3)
    return create_schedule(project, actor=submitter, name="retrain", body=BODY, **WHEN)


def sweeps(hands: Any, at: datetime) -> list[Job]:
    hands.at = at
    return take_due(at, actor="worker test")


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(subject_kind="schedule").order_by("pk").values_list("verb", flat=True))


def test_it_is_submitted_when_due_as_its_owner(weekly, hands, submitter, data):
    assert sweeps(hands, SUNDAY - timedelta(seconds=1)) == []
    (job,) = sweeps(hands, SUNDAY + timedelta(seconds=4))
    job.refresh_from_db()
    assert (job.submitted_by, job.schedule, job.due_at) == (submitter, weekly, SUNDAY)
    weekly.refresh_from_db()
    assert weekly.next_due == SUNDAY + WEEK
    assert sweeps(hands, SUNDAY + timedelta(seconds=9)) == []


def test_a_sweep_takes_it(weekly, hands):
    hands.at = SUNDAY
    sweep("w1")
    assert Job.objects.get().schedule == weekly


def test_it_takes_the_newest_version_that_is_ready_then(weekly, hands, data, submitter):
    first = sweeps(hands, SUNDAY)[0]
    facts = {"dataset": data.dataset, "spec": data.spec, "created_by": submitter}
    newer = DatasetVersion.objects.create(number=2, state=VersionState.READY, **facts)
    DatasetVersion.objects.create(number=3, state=VersionState.PENDING, **facts)
    second = sweeps(hands, SUNDAY + WEEK)[0]
    assert [job.inputs.get().dataset_version for job in (first, second)] == [data, newer]


def test_times_that_were_missed_are_one_job_for_the_last_of_them(weekly, hands):
    (job,) = sweeps(hands, SUNDAY + 3 * WEEK + timedelta(hours=1))
    job.refresh_from_db()
    weekly.refresh_from_db()
    assert (job.due_at, weekly.next_due) == (SUNDAY + 3 * WEEK, SUNDAY + 4 * WEEK)


def test_a_refused_body_is_told_and_the_schedule_goes_on(weekly, hands, data):
    DatasetVersion.objects.update(state=VersionState.FAILED)
    assert sweeps(hands, SUNDAY) == []
    weekly.refresh_from_db()
    assert (weekly.active, weekly.last_error["code"]) == (True, "dataset_not_ready")
    DatasetVersion.objects.update(state=VersionState.READY)
    assert len(sweeps(hands, SUNDAY + WEEK)) == 1
    weekly.refresh_from_db()
    assert weekly.last_error == {}
    assert verbs() == ["schedule.created", "schedule.refused", "schedule.taken"]


def test_the_rights_of_its_owner_are_checked_when_it_is_due(weekly, hands, submitter):
    Membership.objects.filter(user=submitter).update(role="viewer")
    assert sweeps(hands, SUNDAY) == []
    weekly.refresh_from_db()
    assert weekly.last_error["code"] == "forbidden"


def test_nothing_is_submitted_for_somebody_who_may_not_log_in_any_more(weekly, hands, submitter):
    User.objects.filter(pk=submitter.pk).update(is_active=False)
    assert sweeps(hands, SUNDAY) == []
    weekly.refresh_from_db()
    assert weekly.last_error["code"] == "owner_gone"


def test_a_fault_of_ours_in_one_keeps_no_other_from_being_taken(weekly, hands, project, submitter, monkeypatch):
    other = create_schedule(project, actor=submitter, name="other", body=BODY, **WHEN)
    from jobs import recurring

    real = recurring.send

    def send(body: Any, *, actor: Any) -> Any:
        if body.get("name") == "broken":
            raise KeyError("nobody knows")
        return real(body, actor=actor)

    monkeypatch.setattr(recurring, "send", send)
    Schedule.objects.filter(pk=weekly.pk).update(body=BODY | {"name": "broken"})
    monkeypatch.setattr(recurring.log, "exception", lambda *said: None)
    (job,) = sweeps(hands, SUNDAY)
    job.refresh_from_db()
    weekly.refresh_from_db()
    assert (job.schedule, weekly.last_error["code"]) == (other, "bug")


def test_running_it_now_leaves_its_times_alone(weekly, hands, reviewer):
    job = run_now(weekly, actor=reviewer)
    assert (job.schedule, job.due_at, job.submitted_by) == (weekly, None, reviewer)
    before = weekly.next_due
    weekly.refresh_from_db()
    assert weekly.next_due == before
    assert len(sweeps(hands, SUNDAY)) == 1


def test_one_that_rests_is_not_taken_and_does_not_make_up_for_it(weekly, hands, submitter):
    rest(weekly, actor=submitter)
    rest(weekly, actor=submitter)
    assert sweeps(hands, SUNDAY) == []
    hands.at = SUNDAY + timedelta(days=1)
    assert go_on(weekly, actor=submitter).next_due == SUNDAY + WEEK
    assert sweeps(hands, SUNDAY + timedelta(days=1)) == []
    assert verbs() == ["schedule.created", "schedule.paused", "schedule.resumed"]


def test_whoever_changes_it_owns_it(weekly, hands, reviewer):
    changed = change_schedule(weekly, actor=reviewer, changes={"days": ["sat", "sun"]})
    assert (changed.submitted_by, changed.next_due) == (reviewer, SUNDAY - timedelta(days=1))


def test_its_jobs_stay_when_it_is_deleted(weekly, hands, submitter):
    (job,) = sweeps(hands, SUNDAY)
    delete_schedule(weekly, actor=submitter)
    job.refresh_from_db()
    assert (job.schedule, Schedule.objects.count()) == (None, 0)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"body": {}}, "invalid_input", "body"),
        ({"body": BODY | {"family": "dcgna"}}, "unknown_family", "body.family"),
        ({"body": BODY | {"dataset_version": "latest:nothing"}}, "not_found", "body.dataset_version"),
        ({"body": BODY | {"project": "elsewhere"}}, "invalid_input", "body.project"),
        ({"days": []}, "unknown_day", "days"),
        ({"at": "2 am"}, "invalid_time", "at"),
        ({"timezone": "Mars/Olympus"}, "unknown_zone", "timezone"),
        ({"name": ""}, "invalid_input", "name"),
    ],
)
def test_a_wrong_one_is_refused_with_its_place(project, submitter, data, wrong, code, field):
    builders.project("elsewhere", submitter=submitter)
    said = {"name": "retrain", "body": BODY, **WHEN} | wrong
    with pytest.raises(ProductError) as refused:
        create_schedule(project, actor=submitter, **said)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_name_of_a_data_set_that_two_projects_have_is_asked_about(project, submitter, data):
    builders.dataset_version(builders.project("elsewhere", submitter=submitter), submitter)
    with pytest.raises(InvalidInput) as refused:
        create_schedule(project, actor=submitter, name="retrain", body=BODY, **WHEN)
    assert refused.value.code == "ambiguous_name"
    by_id = BODY | {"dataset_version": f"latest:{data.dataset_id}"}
    assert create_schedule(project, actor=submitter, name="retrain", body=by_id, **WHEN).pk


def test_a_name_is_taken_once(weekly, project, submitter):
    with pytest.raises(Conflict):
        create_schedule(project, actor=submitter, name="retrain", body=BODY, **WHEN)


@pytest.mark.django_db(transaction=True)
def test_sweepers_at_once_take_each_time_once(project, submitter, hands, data):
    hands.at = SUNDAY - timedelta(days=3)
    for number in range(3):
        create_schedule(project, actor=submitter, name=f"retrain {number}", body=BODY, **WHEN)
    hands.at, raised = SUNDAY, []
    ready = threading.Barrier(4)

    def take() -> None:
        try:
            ready.wait()
            take_due(SUNDAY, actor="worker test")
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert raised == []
    assert sorted(Job.objects.values_list("schedule__name", flat=True)) == [f"retrain {number}" for number in range(3)]
