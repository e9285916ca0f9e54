"""Alarms of the log: raised by whoever finds something, standing until it is found to be in order again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from audit.models import AuditEvent, LogAlarm
from audit.services import append
from config import clock

log = logging.getLogger(__name__)
LATE = timedelta(seconds=60)  # an event has its place in the tree within seconds, or something is wrong
PAST_CHANGED, SELF_CHECK, HEADS_FOLDER = "past_changed", "self_check", "heads_folder"


@transaction.atomic
def raise_alarm(code: str, said: str, *, actor: str) -> None:
    """Let an alarm stand. A new one, or one that says something else now, goes to the log file and is an event."""
    row = LogAlarm.objects.select_for_update().filter(code=code).first()
    if row and row.ended_at is None and row.said == said:
        return
    LogAlarm.objects.update_or_create(code=code, defaults={"said": said, "raised_at": clock.now(), "ended_at": None})
    append(actor=actor, verb="audit.alarm_raised", subject=("audit", code), detail={"said": said})
    transaction.on_commit(lambda: log.critical("ALARM: %s", said))


@transaction.atomic
def end_alarm(code: str, *, actor: str) -> None:
    """What it spoke of was looked at again and is in order."""
    if LogAlarm.objects.filter(code=code, ended_at=None).update(ended_at=clock.now()):
        append(actor=actor, verb="audit.alarm_ended", subject=("audit", code))


def standing(now: datetime | None = None) -> list[str]:
    """What is wrong now, in sentences; two queries. That no worker sequences is seen by whoever asks, too."""
    said = [row.said for row in LogAlarm.objects.filter(ended_at=None).order_by("raised_at")]
    waited = waiting_s(now or clock.now())
    if waited > LATE.total_seconds():
        said.append("events wait for their place in the log for more than a minute; see a worker's log")
    return said


def waiting_s(now: datetime) -> float:
    """For how long the oldest event without a place has waited, seconds; 0 where none waits."""
    since = AuditEvent.objects.filter(index=None).aggregate(since=Min("at"))["since"]
    return max(0.0, (now - since).total_seconds()) if since else 0.0
