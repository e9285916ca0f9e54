"""What every worker looks after every few seconds; all writes are guarded, so no leader is needed."""

from __future__ import annotations

import logging

from django.conf import settings

from audit import alarms, checking, head_files, hours, sequencer
from config import clock
from jobs import partial_uploads, wake
from jobs.claim import take_back
from jobs.kept_forecasts import keep_forecasts
from jobs.models import Job, State
from jobs.pick import queues
from jobs.preempt import preempt
from jobs.recurring import take_due
from jobs.storage import count_due
from jobs.transitions import IllegalTransition
from jobs.window_state import keep_reasons_true
from models_store.errors import IntegrityFailure, ProductError
from models_store.keys import Keyring

log = logging.getLogger(__name__)


def sweep(worker: str) -> None:
    """Take back expired leases, tell jobs of their windows, submit what recurs, wake queues, extend the log's tree,
    check the log, note what is expected of jobs that wait.

    A duty that fails keeps no other from being done; the first failure is raised when all have been tried.
    """
    failures = []
    for duty in (
        lambda: expire(worker),
        lambda: keep_reasons_true(clock.now()),
        lambda: take_due(clock.now(), actor=f"worker {worker}"),
        lambda: preempt(worker, clock.now()),
        wake_queues,
        lambda: hours.close_due(f"worker {worker}"),
        lambda: sequence(actor=f"worker {worker}"),
        lambda: check_log(worker),
        keep_forecasts,
        count_storage,
        expire_uploads,
    ):
        try:
            duty()
        except Exception as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def wake_queues() -> None:
    """Ring every queue that has queued jobs."""
    for queue in queues():
        wake.wake(queue)


def expire(worker: str) -> int:
    """Take back every claim whose lease has lapsed; returns how many."""
    taken = 0
    for job in Job.objects.filter(state=State.RUNNING, lease_until__lt=clock.now()):
        try:
            take_back(
                job, actor=f"worker {worker}", reason=f"worker {job.worker} was not heard of in time", silent=True
            )
            taken += 1
        except IllegalTransition:  # the worker was back in time, or another sweeper was first
            continue
    return taken


def count_storage() -> None:
    """Count what projects hold in the store, now and then."""
    try:
        count_due(clock.now())
    except (ProductError, OSError) as fault:  # the store does not answer: the last count stands
        log.warning("the store could not be counted: %s", fault)


def expire_uploads() -> None:
    """Give up uploads that got no byte for a day."""
    try:
        partial_uploads.expire(clock.now())
    except OSError as fault:  # the folder cannot be written: it is looked at again
        log.warning("old uploads could not be deleted: %s", fault)


def sequence(*, actor: str = "worker", asked: bool = False) -> None:
    """Extend the log's tree by what waits; sign a head when one is due, or when it is `asked` for because a proof is.

    A tree that does not continue what was signed is an alarm, and stops that.
    """
    try:
        while sequencer.sequence():
            pass
        limits = {"every": settings.HEAD_EVERY, "events": settings.HEAD_EVENTS}
        if sequencer.unsigned() and (asked or sequencer.head_due(clock.now(), **limits)):
            sequencer.sign_head(keys())
            alarms.end_alarm(alarms.PAST_CHANGED, actor=actor)
    except IntegrityFailure as changed:
        said = f"the log's past was changed, no further head is signed: {changed}"
        alarms.raise_alarm(alarms.PAST_CHANGED, said, actor=actor)
    if settings.HEADS_FOLDER:
        export_heads(actor)


def keys() -> Keyring:
    """The platform's keys, read from the disk: only for who has something to do with them."""
    return Keyring.load(settings.KEYS_FOLDER)


def export_heads(actor: str) -> None:
    """Write new heads to the folder that lies elsewhere; that it cannot be written is an alarm until it can."""
    try:
        head_files.write_heads(settings.HEADS_FOLDER, keys)
    except OSError as fault:
        said = f"signed heads of the log cannot be written to their folder: {fault.strerror or fault}"
        alarms.raise_alarm(alarms.HEADS_FOLDER, said, actor=actor)
    else:
        alarms.end_alarm(alarms.HEADS_FOLDER, actor=actor)


def check_log(worker: str) -> None:
    """A slice of the log's self-check, where one is due or not done."""
    checking.check_due(settings.SELF_CHECK_EVERY, keys, settings.HEADS_FOLDER, actor=f"worker {worker}")
