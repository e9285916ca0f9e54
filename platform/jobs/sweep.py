"""What every worker looks after every few seconds; all writes are guarded, so no leader is needed."""

from __future__ import annotations

import logging

from django.conf import settings

from audit import sequencer
from config import clock
from jobs import wake
from jobs.claim import take_back
from jobs.models import Job, State
from jobs.transitions import IllegalTransition
from models_store.keys import Keyring

log = logging.getLogger(__name__)


def sweep(worker: str) -> None:
    """Take back expired leases, wake queues with due rows, put waiting events into the tree."""
    expire(worker)
    for queue in Job.objects.filter(state=State.QUEUED).order_by().values_list("queue", flat=True).distinct():
        wake.wake(queue)
    sequence()


def expire(worker: str) -> int:
    """Take back every claim whose lease has lapsed; returns how many."""
    taken = 0
    for job in Job.objects.filter(state=State.RUNNING, lease_until__lt=clock.now()):
        try:
            take_back(job, actor=f"worker {worker}", reason=f"worker {job.worker} was not heard of in time")
            taken += 1
        except IllegalTransition:  # the worker was back in time, or another sweeper was first
            continue
    return taken


def sequence() -> None:
    """Extend the log's tree by what waits and sign a head when it grew; a changed past is an alarm, and stops that."""
    try:
        while sequencer.sequence():
            pass
        if sequencer.unsigned():  # keys are read from the disk
            sequencer.sign_head(Keyring.load(settings.KEYS_FOLDER))
    except sequencer.PastChanged as alarm:
        log.critical("ALARM: the audit log's past was changed; no further head is signed: %s", alarm)
