"""The courier itself: its thread, several of them at once, and a web process that is killed amid a delivery."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator

import pytest
from django.db import transaction

from accounts.models import Project, User
from audit.services import append
from config import clock
from tests.served import WebProcess
from tests.webhooks.conftest import carried
from tests.webhooks.receivers import LOOPBACK, Receiver, answering, listening
from webhooks import courier as beside
from webhooks.courier import Courier
from webhooks.models import Delivery, DeliveryState

pytestmark = pytest.mark.django_db(transaction=True)
Make = Callable[..., Receiver]
PATIENCE_S = 30


@pytest.fixture
def couriers() -> Iterator[Callable[[], Courier]]:
    """`couriers()`: one more that runs, and is stopped after the test."""
    running: list[Courier] = []

    def start() -> Courier:
        running.append(Courier(LOOPBACK))
        running[-1].start()
        return running[-1]

    yield start
    for one in running:
        one.stop()
        assert not one.thread.is_alive()


def happens(project: Project, count: int = 1) -> None:
    for number in range(count):
        with transaction.atomic():
            append(actor="sam", verb="job.succeeded", subject=("job", str(number)), project=project.pk)


def wait_for(there: Receiver, count: int) -> None:
    for _ in range(count):
        assert there.arrived.acquire(timeout=PATIENCE_S)


def test_two_couriers_at_once_send_each_delivery_once(
    project: Project, owner: User, receiver: Make, couriers: Callable[[], Courier]
) -> None:
    there, count = receiver(), 24
    listening(project, owner, there.url)
    happens(project, count)
    one, other = couriers(), couriers()
    wait_for(there, count)
    one.stop()
    other.stop()
    assert len(there.got) == len({sent.headers["webhook-id"] for sent in there.got}) == count
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED, tries=1).count() == count


def _hanging(_link: socket.socket, there: Receiver) -> None:
    there.over.wait(PATIENCE_S)


def test_a_dead_endpoint_delays_no_other(
    project: Project, owner: User, receiver: Make, couriers: Callable[[], Courier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.post.WITHIN_S", PATIENCE_S)
    dead, live = receiver(_hanging), receiver()
    hung = listening(project, owner, dead.url, "dead")
    listening(project, owner, live.url, "live")
    happens(project, 12)
    monkeypatch.setattr(beside, "STOP_S", 0.1)
    couriers()
    wait_for(live, 12)
    wait_for(dead, 4)
    assert len(dead.got) == 4
    assert hung.deliveries.filter(state=DeliveryState.WAITING).count() == 12


def test_what_is_on_its_way_when_the_process_ends_is_due_at_once(
    project: Project, owner: User, receiver: Make, couriers: Callable[[], Courier], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "STOP_S", 0.1)
    there = receiver(_hanging)
    listening(project, owner, there.url)
    happens(project)
    running = couriers()
    wait_for(there, 1)
    running.stop()
    running.thread.join(PATIENCE_S)
    row = Delivery.objects.get()
    assert (row.state, row.lease, row.tries) == ("waiting", None, 0)
    assert row.due_at <= clock.now()


def test_a_round_that_fails_is_followed_by_another(
    project: Project, owner: User, receiver: Make, couriers: Callable[[], Courier], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    whole = beside.follow

    def broken() -> int:
        asked.append(1)
        if len(asked) == 1:
            raise ConnectionError("the database is away")
        return whole()

    monkeypatch.setattr(beside, "follow", broken)
    monkeypatch.setattr(beside, "TROUBLED_S", 0.01)
    there = receiver()
    listening(project, owner, there.url)
    happens(project)
    couriers()
    wait_for(there, 1)


def test_a_web_process_that_is_killed_after_it_sent_sends_again_under_the_same_id(
    project: Project, owner: User, receiver: Make
) -> None:
    web = WebProcess()

    def kill(_link: socket.socket, _there: Receiver) -> None:
        web.kill()

    there = receiver(kill)
    listening(project, owner, there.url)
    happens(project)
    web.launch(KILNMARK_WEBHOOKS_PRIVATE="127.0.0.0/8")
    try:
        assert web.ended() == -signal.SIGKILL
    finally:
        web.close()
    assert (len(there.got), Delivery.objects.get().state) == (1, DeliveryState.WAITING)
    assert carried() == []
    there.manners = answering(200)
    Delivery.objects.update(due_at=clock.now())  # its lease is over
    carried()
    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    assert len({one.headers["webhook-id"] for one in there.got}) == 1
