"""A wish and a claim at once; windows and recurring jobs that two people change, or one takes away, at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from config import clock
from jobs.claim import claim_next
from jobs.models import Job, Schedule, State, Window
from jobs.recurring import take_due
from jobs.schedules import change_schedule, create_schedule, delete_schedule, go_on, rest, run_now
from jobs.services import cancel, pause
from jobs.submission import send
from jobs.window_services import WindowInUse, change_window, create_window, delete_window, window_rows
from models_store.errors import NotFound
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROUNDS = 12
NIGHTS = [{"days": ["mon"], "from": "22:00", "to": "06:00"}]
BODY = {"kind": "train", "family": "dcgan", "dataset_version": "latest:digits"}


@pytest.fixture
def window(project, submitter) -> Window:
    return create_window(project, actor=submitter, name="night", timezone="UTC", hours=NIGHTS)


@pytest.fixture
def weekly(project, submitter) -> Schedule:
    builders.dataset_version(project, submitter)
    when = {"timezone": "UTC", "days": ["sun"], "at": "02:00"}
    return create_schedule(project, actor=submitter, name="retrain", body=BODY, **when)


def made_due(schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_due=clock.now() - timedelta(seconds=1))


def claimed_meanwhile() -> None:
    """A worker claims in a connection of its own, as far as the database lets it while a transaction is open."""
    worker = threading.Thread(target=lambda: (claim_next("train.cpu", "w1"), connection.close()))
    worker.start()
    worker.join(0.5)


@pytest.mark.parametrize(("ask", "state"), [(cancel, State.CANCELLED), (pause, State.PAUSED)])
def test_a_wish_is_never_lost_to_a_claim(ask, state, project, submitter):
    for _ in range(ROUNDS):
        job = builders.job(project, submitter)
        raised = at_once(
            lambda job=job: ask(Job.objects.get(pk=job.pk), actor=submitter), lambda: claim_next("train.cpu", "w1")
        )
        job.refresh_from_db()
        assert raised == []
        assert job.state == state or (job.state, job.wants) == (State.RUNNING, ask.__name__)
        Job.objects.filter(pk=job.pk).update(state=State.CANCELLED)


def test_a_claim_between_the_two_looks_of_a_wish_comes_too_late(project, submitter, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    job, look = builders.job(project, submitter), Job.refresh_from_db

    def look_late(self: Job, *said: object, **more: object) -> None:
        monkeypatch.setattr(Job, "refresh_from_db", look)
        claimed_meanwhile()
        look(self, *said, **more)

    monkeypatch.setattr(Job, "refresh_from_db", look_late)
    assert cancel(job, actor=submitter).state == State.CANCELLED


def test_two_changes_of_a_window_are_both_kept(window, submitter):
    first, second = window_rows().get(), window_rows().get()
    change_window(first, actor=submitter, changes={"name": "late"})
    change_window(second, actor=submitter, changes={"timezone": "Europe/Berlin"})
    assert Window.objects.values_list("name", "timezone").get() == ("late", "Europe/Berlin")


@pytest.mark.parametrize("late", [delete_window, lambda row, actor: change_window(row, actor=actor, changes={})])
def test_a_window_that_was_taken_away_meanwhile_is_not_found(late, window, submitter):
    seen = window_rows().get()
    delete_window(window, actor=submitter)
    with pytest.raises(NotFound):
        late(seen, actor=submitter)


@pytest.mark.parametrize(
    "late", [delete_schedule, rest, go_on, run_now, lambda row, actor: change_schedule(row, actor=actor, changes={})]
)
def test_a_recurring_job_that_was_taken_away_meanwhile_is_not_found(late, weekly, submitter):
    seen = Schedule.objects.select_related("project").get()
    delete_schedule(weekly, actor=submitter)
    with pytest.raises(NotFound):
        late(seen, actor=submitter)
    assert not Job.objects.exists()


def test_taking_away_and_taking_what_is_due_at_once_leaves_one_of_both(weekly, project, submitter):
    for _ in range(ROUNDS):
        when = {"timezone": "UTC", "days": ["sun"], "at": "02:00"}
        row = create_schedule(project, actor=submitter, name="again", body=BODY, **when)
        made_due(row)
        raised = at_once(
            lambda: take_due(clock.now(), actor="worker test"),
            lambda row=row: delete_schedule(row, actor=submitter),
        )
        assert raised == []


def test_one_that_is_due_stays_due_when_its_body_is_changed(weekly, submitter):
    made_due(weekly)
    change_schedule(weekly, actor=submitter, changes={"body": BODY | {"priority": 7}, "name": "other"})
    (job,) = take_due(clock.now(), actor="worker test")
    assert Job.objects.get(pk=job.pk).priority == 7


def test_one_that_is_due_waits_for_its_new_time_when_that_is_changed(weekly, submitter):
    made_due(weekly)
    assert change_schedule(weekly, actor=submitter, changes={"days": ["mon", "sun"]}).next_due > clock.now()


def test_a_window_taken_away_while_a_job_is_submitted_is_not_there_or_in_use(project, submitter):
    version = builders.dataset_version(project, submitter)
    for number in range(ROUNDS):
        made = create_window(project, actor=submitter, name=f"night {number}", timezone="UTC", hours=NIGHTS)
        body = {"kind": "train", "family": "dcgan", "dataset_version": str(version.pk), "window": str(made.pk)}
        raised = at_once(
            lambda body=body: send(body, actor=submitter), lambda made=made: delete_window(made, actor=submitter)
        )
        assert [type(one) for one in raised] in ([NotFound], [WindowInUse], []), raised
        assert Window.objects.filter(pk=made.pk).exists() == Job.objects.filter(window=made.pk).exists()
