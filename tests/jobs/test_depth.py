"""How many jobs wait is counted no further than is worth the reading, and said so."""

from __future__ import annotations

import pytest
from django.db import connection

from api.figures import figures
from benchmarks.crowded_queue import counted, crowd
from config import clock
from jobs import depth, presence
from jobs.alarms import alarms
from jobs.depth import Depth, depths, oldest
from jobs.models import Job, State
from jobs.queues import queues
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def up_to_three(monkeypatch):
    """Counting ends at three."""
    monkeypatch.setattr(depth, "COUNTED", 3)


@pytest.mark.parametrize("waiting", [1, 3])
def test_as_many_as_are_counted_are_said_exactly(queued, up_to_three, waiting):
    for _ in range(waiting):
        queued()
    assert depths() == {"train.cpu": Depth(waiting)}


def test_more_than_are_counted_are_said_to_be_more(queued, up_to_three):
    for _ in range(4):
        queued()
    assert (depths(), str(depths()["train.cpu"])) == ({"train.cpu": Depth(3, more=True)}, "more than 3")
    assert [(queue.depth, queue.more) for queue in queues()] == [(3, True)]


def test_a_queue_that_somebody_listened_to_is_found_and_what_runs_does_not_wait(queued):
    presence.here("w1", ["train.old"])
    for name in ("io", "train.cpu", "train.old"):
        queued(queue=name)
    queued(queue="verify.cpu", state=State.RUNNING)
    assert depths() == {"io": Depth(1), "train.cpu": Depth(1), "train.old": Depth(1)}


def test_of_some_projects_only_their_jobs_count(queued, project, submitter):
    queued()
    queued(project=builders.project("neighbours", owner=submitter))
    queued(project=builders.project("strangers", owner=submitter), queue="io")
    assert depths([project.pk]) == {"train.cpu": Depth(1)}


def test_the_oldest_of_each_queue_is_found_though_a_crowd_stands_before_it(queued, hands, up_to_three):
    since = hands()
    for _ in range(5):
        queued()
        hands.move(1)
    small = hands()
    queued(queue="io")
    hands.move(1)
    queued(queue="io")
    assert oldest() == {"train.cpu": since, "io": small}


def test_an_alarm_of_a_crowd_says_that_there_are_more(queued, up_to_three, hands):
    for _ in range(4):
        queued()
    assert alarms(hands(), hands(), None) == ["no worker listens to queue train.cpu; waiting there: more than 3"]


@pytest.mark.parametrize("ask", [queues, figures, lambda: alarms(clock.now(), clock.now(), None)])
def test_what_it_costs_does_not_grow_with_the_jobs_that_wait(ask, submitter, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("counts VM steps")
    monkeypatch.setattr(depth, "COUNTED", 50)
    monkeypatch.setattr("api.figures.COUNTED", 50)
    work = []
    for count in (100, 5000):
        crowd(count, submitter)
        with counted() as steps:
            ask()
        work.append(steps.done)
        Job.objects.all().delete()
    assert 0 < work[1] <= 1.5 * work[0]
