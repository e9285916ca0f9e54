"""Threads beside the Celery consumer: claim by themselves when idle, sweep, announce. They need no broker."""

from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from celery import bootsteps
from django.conf import settings
from django.db import DatabaseError, connection

from audit import stamp_round, stamping
from catalog import plugins
from config import clock
from desk.night import digest_mail
from jobs import presence, sweep
from jobs.broker import broker_answers
from lineage import retention, sampling
from workers.tasks import ballast, work
from workers.tasks.child import child_environment
from workers.tasks.identity import call_me, worker_name
from workers.tasks.machine import machine_facts

log = logging.getLogger(__name__)
ANNOUNCE_EVERY_S = 3600.0
RETENTION_EVERY_S = 60.0
REGISTRY_S = 300.0  # for all of it: imports of torch on a busy machine take their time
SAMPLE_EVERY_S = 600.0  # between two looks whether a spot check is due
FIRST_ANNOUNCE_S = 60.0  # set-up has announced what this machine has; a start must not compete with the first job


class Poller(bootsteps.StartStopStep):
    """Starts with the pool, before the consumer tries the broker for the first time."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        self.stopping = threading.Event()
        super().__init__(parent, **kwargs)

    def start(self, parent: Any) -> None:
        """Begin to look at the rows, and to sweep, each in a thread of its own."""
        call_me(parent.hostname)
        self.queues = [str(name) for name in parent.app.amqp.queues.consume_from]
        for name, loop in (("poll", self._poll), ("sweep", self._sweep), ("stamp", self._stamp)):
            threading.Thread(target=loop, args=(parent.pool,), name=name, daemon=True).start()

    def stop(self, parent: Any) -> None:
        """Stop looking; a running attempt is told by `work.draining`."""
        work.drain()
        self.stopping.set()
        with suppress(DatabaseError):  # nobody is to wait for it; without this it is believed for two minutes more
            presence.gone(worker_name())

    terminate = stop

    def _poll(self, pool: Any) -> None:
        while not self.stopping.wait(settings.POLL_S):
            for queue in self.queues:
                if not work.busy() and not work.draining.is_set():
                    pool.apply_async(work.work.run, (queue,))

    def _sweep(self, pool: Any) -> None:
        me, start = worker_name(), time.monotonic()
        duties = (
            Duty(partial(be_here, me, self.queues), presence.BEAT_S, start),
            Duty(ballast.keep),
            Duty(partial(sweep.sweep, me)),
            Duty(partial(digest_mail.send_due, me)),
            Duty(lambda: sampling.sample_due(clock.now()), SAMPLE_EVERY_S),
            Duty(retention.keep_days, RETENTION_EVERY_S),
            Duty(partial(announce, me), ANNOUNCE_EVERY_S, start + FIRST_ANNOUNCE_S),
        )
        while not self.stopping.wait(settings.SWEEP_S * random.uniform(0.8, 1.2)):  # noqa: S311
            for duty in duties:
                duty.do(time.monotonic())

    def _stamp(self, pool: Any) -> None:
        """In a thread of its own: an authority that does not answer must keep no lease from being looked at."""
        duty = Duty(stamp_round.stamp_due)
        while stamping.wanted() and not self.stopping.wait(settings.SWEEP_S * random.uniform(0.8, 1.2)):  # noqa: S311
            duty.do(time.monotonic())


@dataclass
class Duty:
    """What a worker sees to every so often, at each sweep if nothing is said; one that fails keeps no other waiting."""

    verb: Callable[[], object]
    every_s: float = 0.0
    due_at: float = 0.0

    def do(self, now: float) -> None:
        """If it is due; what failed is tried again at the next sweep."""
        if now < self.due_at:
            return
        try:
            self.verb()
            self.due_at = now + self.every_s
        except Exception:
            log.exception("a sweep failed; the next one tries again")
            connection.close()  # it may be broken. Else it stays open: SQLite makes and deletes two files when the
            # last connection of all is closed, and an idle platform writes nothing


def be_here(worker: str, queues: list[str]) -> None:
    """Say that this worker is there, and how its machine is."""
    answers = broker_answers(settings.BROKER_URL)
    presence.here(worker, queues, machine_facts(queues, settings.KILNMARK_HOME, broker=answers))


def announce(worker: str) -> int:
    """Ask the registry, in a child since it imports torch, and put what it says into the catalogue."""
    command = [sys.executable, "-m", "workers.registry", "--json"]
    where: dict[str, Any] = {"cwd": settings.ROOT, "env": child_environment()}
    try:
        said = subprocess.run(command, **where, capture_output=True, text=True, check=False, timeout=REGISTRY_S)
    except subprocess.TimeoutExpired:
        log.error("the plug-in registry was ended: it had not answered after %d s", REGISTRY_S)
        return 0
    if said.returncode:
        log.error("the plug-in registry failed: %s", said.stderr.strip().splitlines()[-1:] or "no word")
        return 0
    return plugins.announce(worker, json.loads(said.stdout))
