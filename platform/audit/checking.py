"""The self-check that nobody has to think of: begun when it is due, done in slices by whichever worker comes by."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from audit.alarms import SELF_CHECK, end_alarm, raise_alarm
from audit.models import SelfCheck
from audit.selfcheck import LogCheck, advance, begin, finish
from audit.services import append
from config import clock
from models_store.keys import Keyring

log = logging.getLogger(__name__)
SLICE_S = 0.5  # of one sweep
HELD = timedelta(minutes=2)  # by a worker that checks a slice; one that died leaves it to the others
KEPT = 400  # finished checks that are kept


def check_due(every: timedelta, keys: Callable[[], Keyring], folder: Path | None, *, actor: str) -> SelfCheck | None:
    """Begin a check when the last one was begun that long ago, or do a slice of the one that is not done."""
    now = clock.now()
    row = SelfCheck.objects.order_by("-id").first()
    if row is None or (row.finished_at and not now - every < row.started_at <= now + HELD):  # or the clock was put back
        row = start(actor=actor)
    if row.finished_at or not _taken(row, now):
        return None
    check = LogCheck.recalled(row.kept)
    end = time.monotonic() + SLICE_S
    advance(check, keys(), enough=lambda: time.monotonic() >= end)
    if check.done:
        finish(check, folder)
    return _record(row, check, actor)


@transaction.atomic
def start(*, actor: str, asked: bool = False) -> SelfCheck:
    """A check of the log as it is now; one that was asked for by a person is an event."""
    unfinished = SelfCheck.objects.select_for_update().filter(finished_at=None).first()
    if unfinished:
        return unfinished
    check = begin()
    row = SelfCheck.objects.create(started_at=clock.now(), size=check.size, kept=check.kept())
    if asked:
        append(actor=actor, verb="audit.check_asked", subject=("audit", "self-check"), detail={"size": check.size})
    return row


def newest() -> SelfCheck | None:
    """The newest check that is finished, else the one that runs."""
    return SelfCheck.objects.exclude(finished_at=None).order_by("-id").first() or SelfCheck.objects.first()


def running() -> SelfCheck | None:
    """The check that is not done."""
    return SelfCheck.objects.filter(finished_at=None).order_by("-id").first()


def _taken(row: SelfCheck, now: datetime) -> bool:
    """Whether this worker does the next slice: one row, whoever asks at the same time."""
    free = Q(held_until=None) | Q(held_until__lt=now) | Q(held_until__gt=now + 2 * HELD)
    mine = SelfCheck.objects.filter(free, pk=row.pk, position=row.position, finished_at=None)
    if not mine.update(held_until=now + HELD):
        return False
    row.refresh_from_db()
    return True


@transaction.atomic
def _record(row: SelfCheck, check: LogCheck, actor: str) -> SelfCheck:
    """How far it came; with the first problem the alarm, at a clean end the end of the alarm."""
    mine = SelfCheck.objects.filter(pk=row.pk, position=row.position, finished_at=None)
    row.position, row.kept, row.problems, row.held_until = check.events, check.kept(), check.problems, None
    row.finished_at = clock.now() if check.done else None
    kept = ("position", "kept", "problems", "held_until", "finished_at")
    if not mine.update(**{name: getattr(row, name) for name in kept}):
        return row  # this worker was away for so long that another went on
    if check.problems:
        raise_alarm(SELF_CHECK, _said(check.problems), actor=actor)
    if row.finished_at:
        detail = {"size": row.size, "problems": len(check.problems)}
        append(actor=actor, verb="audit.checked", subject=("audit", "self-check"), detail=detail)
        if check.ok:
            end_alarm(SELF_CHECK, actor=actor)
        for problem in check.problems:
            log.critical("ALARM: the audit log's self-check: %s", problem)
        old = SelfCheck.objects.order_by("-id").values_list("pk", flat=True)[KEPT:]
        SelfCheck.objects.filter(pk__in=list(old)).delete()
    return row


def _said(problems: list[str]) -> str:
    return f"the log's self-check found problems: {problems[0]}"
