"""The one Celery task: claim what is fairest on a queue and run it, until nothing is due."""

from __future__ import annotations

import logging
import threading
import time
from uuid import UUID

from celery.signals import worker_shutting_down
from django.db import close_old_connections, connection

from config.celery import WORK, app
from jobs.claim import claim_together
from jobs.slices import PASSED_S
from workers.tasks import ballast
from workers.tasks.batch import run_claims
from workers.tasks.identity import worker_name

log = logging.getLogger(__name__)
draining = threading.Event()
_slot = threading.Lock()  # one attempt at a time in a worker process: one process per device


@worker_shutting_down.connect
def drain(**_: object) -> None:
    """SIGTERM: the running attempt saves, is released and leaves; nothing new is claimed."""
    draining.set()


def busy() -> bool:
    """Whether an attempt is running in this process."""
    return _slot.locked()


@app.task(name=WORK, ignore_result=True)
def work(queue: str) -> None:
    """Run due jobs of a queue one after the other; a second call while one runs has nothing to do."""
    if not _slot.acquire(blocking=False):
        return
    passed: dict[UUID, float] = {}  # jobs that let others go first, until when
    try:
        while not (draining.is_set() or ballast.given_away()):
            close_old_connections()
            passed = {job: until for job, until in passed.items() if time.monotonic() < until}
            claims = claim_together(queue, worker_name(), passed)
            if not claims:
                return
            made_way = run_claims(claims, draining)
            passed |= dict.fromkeys(made_way, time.monotonic() + PASSED_S)
    except Exception:
        log.exception("an attempt on %s could not be run; its lease will lapse", queue)
    finally:
        connection.close()
        _slot.release()
