"""Wake-ups never hold whoever rings, and a broken broker is left alone for a while."""

from __future__ import annotations

import threading

import pytest
from amqp.protocol import queue_declare_ok_t
from kombu.exceptions import ChannelError

from config.celery import configure
from jobs import wake
from jobs.wake import Bell


def test_a_wake_up_is_sent_for_each_queue_rung():
    sent, both = [], threading.Event()

    def send(queue: str) -> None:
        sent.append(queue)
        if len(set(sent)) == 2:
            both.set()

    bell = Bell(send)
    bell.ring("io")
    bell.ring("train.cpu")
    assert both.wait(10)
    assert sorted(set(sent)) == ["io", "train.cpu"]


def test_ringing_returns_while_a_frozen_broker_holds_the_sender():
    reached, thaw = threading.Event(), threading.Event()

    def send(queue: str) -> None:
        reached.set()
        thaw.wait(10)

    bell = Bell(send)
    bell.ring("io")
    assert reached.wait(10)
    for _ in range(100):
        bell.ring("io")  # would never come back if it waited for the sender
    assert not thaw.is_set()
    thaw.set()


def test_after_a_failure_nothing_is_tried_for_a_while():
    tried = []

    def send(queue: str) -> None:
        tried.append(queue)
        raise ConnectionError

    bell = Bell(send)
    assert not bell.send_all({"io"})
    assert not bell.send_all({"io"})
    assert tried == ["io"]


class Line:
    """A channel of a broker in which so many wake-ups wait; no queue at all where there are none, as with Redis."""

    def __init__(self, waiting: int) -> None:
        self.waiting = waiting

    def queue_declare(self, queue: str, *, passive: bool):
        assert passive
        if not self.waiting:
            raise ChannelError("NOT_FOUND - no queue", (50, 10), "Channel.queue_declare", "404")
        return queue_declare_ok_t(queue, self.waiting, 0)


@pytest.mark.parametrize("waiting", [0, 1, 17280])
def test_wake_ups_that_nobody_has_fetched_are_counted(waiting):
    assert wake.outstanding(Line(waiting), "train.cpu") == waiting


def test_wake_ups_do_not_pile_up_while_every_worker_is_busy(settings):
    settings.BROKER_URL = "memory://"
    app = configure()
    with app.connection_for_write() as line:
        for _ in range(3 * wake.MOST_OUTSTANDING):
            wake.publish("train.cpu")
        assert wake.outstanding(line.default_channel, "train.cpu") == wake.MOST_OUTSTANDING
