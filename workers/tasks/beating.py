"""A lease that is held while its parent is busy: to keep a large product, or judge many files, may outlast one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from jobs.claim import Claim, LeaseLost, beat

log = logging.getLogger(__name__)
LONGEST_S = 1800.0  # a parent that is busy for so long has come to grief: its lease lapses


@contextmanager
def beating(claim: Claim, every_s: float) -> Iterator[None]:
    """Beat from a thread of its own until the block is left; what the block writes is guarded by the claim itself."""
    done = threading.Event()
    thread = threading.Thread(target=_beat_until, args=(done, claim, every_s), name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat_until(done: threading.Event, claim: Claim, every_s: float) -> None:
    end = time.monotonic() + LONGEST_S
    try:
        while not done.wait(every_s) and time.monotonic() < end:
            try:
                beat(claim)
            except DatabaseError as busy:  # the block may hold the database; the lease outlasts several beats
                log.warning("a beat was missed: %s", busy)
    except LeaseLost as lost:  # the block finds out by its own next write
        log.warning("%s", lost)
    finally:
        connection.close()
