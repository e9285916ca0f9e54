"""Wake-ups: a message that says only "there is work on queue X". Losing every one of them loses nothing.

Sending happens in a thread of its own with a circuit breaker, so that a broker that is down or frozen never holds
a request or a worker; idle workers look at the rows themselves every two seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from kombu.exceptions import ChannelError

from config.celery import WORK, configure

log = logging.getLogger(__name__)
MOST_OUTSTANDING = 8  # in one queue; more workers than that find the work by themselves
BREAK_S = 10.0  # how long nothing is tried after a failure


def publish(queue: str) -> None:
    """Send one wake-up, unless enough of them wait there; it expires, since a late one says nothing new."""
    app = configure()
    with app.producer_or_acquire() as producer:
        if outstanding(producer.channel, queue) < MOST_OUTSTANDING:
            app.send_task(
                WORK,
                args=[queue],
                queue=queue,
                expires=settings.WAKE_EXPIRES_S,
                retry=False,
                ignore_result=True,
                producer=producer,
            )


def outstanding(channel: Any, queue: str) -> int:
    """How many wake-ups of a queue no worker has fetched yet: while all are busy for hours they must not pile up."""
    try:
        return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except ChannelError:  # an empty queue is none at all to Redis
        return 0


class Bell:
    """Rings queues from one background thread; queues rung while it is busy ring once."""

    def __init__(self, send: Callable[[str], None] = publish) -> None:
        self.send = send
        self._due: set[str] = set()
        self._some = threading.Condition()
        self._thread: threading.Thread | None = None
        self._quiet_until = 0.0

    def ring(self, queue: str) -> None:
        """Ask for a wake-up; returns at once."""
        with self._some:
            self._due.add(queue)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
                self._thread.start()
            self._some.notify()

    def _run(self) -> None:
        while True:
            with self._some:
                while not self._due:
                    self._some.wait()
                due, self._due = self._due, set()
            self.send_all(due)

    def send_all(self, queues: set[str]) -> bool:
        """Send one wake-up for each queue, unless a failure is too recent; whether they were sent."""
        if time.monotonic() < self._quiet_until:
            return False
        try:
            for queue in sorted(queues):
                self.send(queue)
        except Exception as failure:
            self._quiet_until = time.monotonic() + BREAK_S
            log.warning("no wake-up sent (%s); workers look by themselves", type(failure).__name__)
            return False
        return True


bell = Bell()


def wake(queue: str) -> None:
    """Ring one queue."""
    bell.ring(queue)
