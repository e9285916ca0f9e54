"""Wake-ups never hold whoever rings, and a broken broker is left alone for a while."""

from __future__ import annotations

import threading

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
