"""Jobs that are bound to a window: when they start, what they are told, what happens at its edges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs import services
from jobs.claim import claim_next, release
from jobs.clone import clone
from jobs.models import Job, State, Window
from jobs.standing import FREE
from jobs.submission import send
from jobs.sweep import sweep
from jobs.transitions import advance
from jobs.window_services import WindowInUse, change_window, create_window, delete_window
from jobs.window_state import closing, keep_reasons_true
from models_store.errors import Forbidden, NotFound
from tests import builders

pytestmark = pytest.mark.django_db
NIGHTS = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "22:00", "to": "06:00"}]
OPENS = "waits for window night, opens 2026-03-02 22:00 Europe/Berlin"


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026, an hour before Berlin's clock, before clocks are changed."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


@pytest.fixture
def night(project, submitter, hands) -> Window:
    """Open from 22:00 to 06:00 in Berlin; it is noon."""
    hands.at = berlin(2, 12)
    return create_window(project, actor=submitter, name="night", timezone="Europe/Berlin", hours=NIGHTS)


def test_a_job_starts_only_inside_its_window(queued, hands, night):
    job = queued(window=night)
    assert claim_next("train.cpu", "w1") is None
    hands.at = berlin(2, 22)
    assert claim_next("train.cpu", "w1").job_id == job.pk


def test_a_job_without_a_window_goes_past_those_that_wait_for_theirs(queued, hands, night):
    queued(window=night, priority=9)
    free = queued()
    assert claim_next("train.cpu", "w1").job_id == free.pk


def test_nothing_is_started_in_the_minutes_in_which_it_would_have_to_leave(queued, hands, night):
    queued(window=night)
    hands.at = berlin(3, 5, 59)
    assert claim_next("train.cpu", "w1") is None


@pytest.mark.usefixtures("offered")
def test_a_submission_into_a_closed_window_says_when_it_opens(project, submitter, night):
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}
    by_name, _ = send(body | {"window": "night"}, actor=submitter)
    by_id, _ = send(body | {"window": str(night.pk)}, actor=submitter)
    assert [job.state_reason for job in (by_name, by_id)] == [OPENS, OPENS]
    assert by_name.window == night


@pytest.mark.usefixtures("offered")
def test_a_window_of_another_project_does_not_exist(project, submitter, night):
    other = builders.project("elsewhere", submitter=submitter)
    data = builders.dataset_version(other, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk), "window": str(night.pk)}
    with pytest.raises(NotFound) as refused:
        send(body, actor=submitter)
    assert refused.value.field == "window"


@pytest.mark.usefixtures("offered")
def test_a_clone_keeps_the_window_unless_another_is_named(project, submitter, night):
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk), "window": "night"}
    job, _ = send(body, actor=submitter)
    assert clone(job, actor=submitter)[0].window == night
    assert clone(job, actor=submitter, changes={"window": ""})[0].window is None


def test_the_sweeper_tells_at_both_edges_and_writes_nothing_between(queued, hands, night, project):
    job, free = queued(window=night, state_reason=FREE), queued(state_reason=FREE)
    told = []
    for moment in (berlin(2, 13), berlin(2, 22), berlin(3, 2), berlin(3, 6), berlin(3, 7)):
        hands.at = moment
        changed = keep_reasons_true(hands())
        job.refresh_from_db()
        told.append((changed, job.state_reason))
    tomorrow = "waits for window night, opens 2026-03-03 22:00 Europe/Berlin"
    assert told == [(1, OPENS), (1, FREE), (0, FREE), (1, tomorrow), (0, tomorrow)]
    free.refresh_from_db()
    assert free.state_reason == FREE


def test_a_sweep_with_nothing_to_tell_writes_nothing(queued, hands, night):
    job = queued(window=night)
    keep_reasons_true(hands())
    with CaptureQueriesContext(connection) as queries:
        assert keep_reasons_true(hands()) == 0
    assert not [one["sql"] for one in queries if not one["sql"].startswith("SELECT")]
    assert job.window == night


def test_the_queue_is_woken_when_the_window_opens(queued, hands, night, rung):
    queued(window=night)
    hands.at = berlin(2, 22)
    sweep("w1")
    assert "train.cpu" in rung


def test_a_resumed_job_is_told_that_its_window_is_closed(queued, submitter, night):
    job = queued(window=night, state=State.PAUSED)
    assert services.resume(job, actor=submitter).state_reason == OPENS


def test_a_job_that_was_held_is_told_that_its_window_is_closed(queued, night):
    job = queued(window=night, state=State.HELD)
    advance([job.pk], actor="test")
    job.refresh_from_db()
    assert (job.state, job.state_reason) == (State.QUEUED, OPENS)


def test_a_running_job_is_to_leave_before_the_close_by_grace_beat_and_what_saving_takes(queued, hands, night, settings):
    settings.WINDOW_GRACE_S, settings.BEAT_S = 60, {"train": 15}
    job = queued(window=night)
    asked = []
    for second in (berlin(3, 5, 56), berlin(3, 5, 58), berlin(3, 5, 58) + timedelta(seconds=46)):
        hands.at = second
        asked.append([closing(job.pk) is not None, closing(job.pk, save_s=60) is not None])
    assert asked == [[False, False], [False, True], [True, True]]


def test_a_job_without_a_window_never_has_to_leave(queued, hands, night):
    assert closing(queued().pk) is None


def test_a_job_that_left_goes_on_at_the_next_opening_and_is_not_poison(queued, hands, night):
    job = queued(window=night)
    hands.at = berlin(2, 23)
    claim = claim_next("train.cpu", "w1")
    hands.at = berlin(3, 5, 59)
    said = closing(job.pk)
    release(claim, reason=said.reason, not_before=said.not_before)
    job.refresh_from_db()
    left = "window night closed at 06:00; goes on when it opens 2026-03-03 22:00 Europe/Berlin"
    assert (job.state, job.state_reason, job.barren_attempts) == (State.QUEUED, left, 0)
    keep_reasons_true(hands())
    job.refresh_from_db()
    assert job.state_reason == left
    assert claim_next("train.cpu", "w1") is None
    hands.at = berlin(3, 22)
    keep_reasons_true(hands())
    job.refresh_from_db()
    assert job.state_reason == FREE
    assert claim_next("train.cpu", "w1").job_id == job.pk


def test_longer_hours_let_a_job_go_on_that_had_left(queued, hands, night, submitter):
    job = queued(window=night)
    hands.at = berlin(2, 23)
    claim = claim_next("train.cpu", "w1")
    hands.at = berlin(3, 5, 59)
    said = closing(job.pk)
    release(claim, reason=said.reason, not_before=said.not_before)
    change_window(night, actor=submitter, changes={"hours": [NIGHTS[0] | {"to": "08:00"}]})
    job.refresh_from_db()
    assert job.state_reason == FREE
    assert claim_next("train.cpu", "w1").job_id == job.pk


def test_jobs_are_told_of_other_hours_at_once(queued, hands, night, submitter):
    job = queued(window=night, state_reason=OPENS)
    change_window(night, actor=submitter, changes={"name": "late", "exceptions": [{"date": "2026-03-02", "hours": []}]})
    job.refresh_from_db()
    assert job.state_reason == "waits for window late, opens 2026-03-03 22:00 Europe/Berlin"


def test_a_window_that_does_not_open_again_is_said_to_need_hours(queued, hands, night):
    job = queued(window=night)
    Window.objects.filter(pk=night.pk).update(hours=[])
    keep_reasons_true(hands())
    job.refresh_from_db()
    assert job.state_reason == "waits for window night, which does not open again: give it hours"


def test_a_window_with_waiting_jobs_stays(queued, submitter, night):
    job = queued(window=night)
    with pytest.raises(WindowInUse):
        delete_window(night, actor=submitter)
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)
    delete_window(night, actor=submitter)
    job.refresh_from_db()
    assert (job.window, Window.objects.count()) == (None, 0)


def test_a_viewer_opens_no_window(project, submitter, hands):
    viewer = builders.person("vera")
    project.members.add(viewer, through_defaults={"role": "viewer"})
    with pytest.raises(Forbidden):
        create_window(project, actor=viewer, name="night", timezone="UTC", hours=NIGHTS)
