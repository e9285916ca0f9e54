"""A paused queue: nothing is claimed from it, for as long as nobody lets it go on."""

from __future__ import annotations

import pytest

from audit.models import AuditEvent
from jobs import presence
from jobs.claim import claim_next
from jobs.models import QueuePause, State
from jobs.queues import pause_queue, queues, resume_queue
from models_store.errors import Forbidden, NotFound
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(db):
    """Runs the platform."""
    return builders.person("root", is_superuser=True)


def test_nothing_is_claimed_from_a_paused_queue_and_others_go_on(queued, operator):
    queued()
    other = queued(queue="generate.cpu")
    pause_queue("train.cpu", actor=operator, reason="new disk")
    assert claim_next("train.cpu", "w1") is None
    assert claim_next("generate.cpu", "w1").job_id == other.pk


def test_a_resumed_queue_is_woken_and_claimed_from(queued, operator, rung, django_capture_on_commit_callbacks):
    job = queued()
    pause_queue("train.cpu", actor=operator)
    with django_capture_on_commit_callbacks(execute=True):
        resume_queue("train.cpu", actor=operator)
    assert rung == ["train.cpu"]
    assert claim_next("train.cpu", "w1").job_id == job.pk


def test_pausing_and_resuming_twice_is_audited_once(queued, operator):
    queued()
    for verb in (pause_queue, pause_queue, resume_queue, resume_queue):
        verb("train.cpu", actor=operator)
    events = AuditEvent.objects.filter(subject_kind="queue").order_by("pk")
    assert sorted(events.values_list("verb", flat=True)) == ["queue.paused", "queue.resumed"]


def test_only_operators_pause_a_queue(queued, submitter):
    queued()
    for verb in (pause_queue, resume_queue):
        with pytest.raises(Forbidden):
            verb("train.cpu", actor=submitter)
    assert not QueuePause.objects.exists()


def test_an_unknown_queue_is_named_with_those_there_are(queued, operator):
    queued()
    with pytest.raises(NotFound) as wrong:
        pause_queue("train.cu", actor=operator)
    assert wrong.value.expected == ["train.cpu"]


def test_queues_say_what_waits_runs_and_who_listens(queued, operator, hands):
    queued()
    queued()
    queued(queue="io", state=State.RUNNING)
    presence.here("w1", ["train.cpu"])
    pause_queue("io", actor=operator)
    found = {queue.name: queue for queue in queues()}
    assert (found["train.cpu"].depth, [one.worker for one in found["train.cpu"].workers]) == (2, ["w1"])
    assert (found["io"].running, found["io"].pause.paused_by, found["io"].workers) == (1, operator, [])


def test_a_worker_that_is_not_heard_of_listens_no_more(hands):
    presence.here("w1", ["io"])
    hands.move(presence.ALIVE.total_seconds() - 1)
    assert list(presence.listening()) == ["io"]
    hands.move(2)
    assert presence.listening() == {}


def test_a_worker_that_leaves_listens_no_more_at_once(hands):
    presence.here("w1", ["io", "train.cpu"])
    presence.here("w2", ["io"])
    presence.gone("w1")
    assert [one.worker for one in presence.listening()["io"]] == ["w2"]
    assert "train.cpu" not in presence.listening()
