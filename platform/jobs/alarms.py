"""What an operator has to look at in the morning, each in one sentence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from audit.alarms import standing
from audit.models import Stamp
from config import clock
from jobs import presence
from jobs.depth import Depth, depths
from jobs.models import Attempt, Job, Schedule, State
from jobs.queue_pause import paused
from models_store.keys import Keyring

LOOKED_AT = 5000  # newest attempts and jobs
STAMP_LATE = timedelta(hours=1)
CHANGE_KEY = timedelta(days=30)  # before its year is over


def alarms(begin: datetime, end: datetime, projects: Iterable[UUID] | None) -> list[str]:
    """Sentences, the gravest first; of some projects, or (None) of the whole platform."""
    jobs, schedules = Job.objects.all(), Schedule.objects.filter(active=True).exclude(last_error={})
    chosen = None if projects is None else list(projects)
    if chosen is not None:
        jobs, schedules = jobs.filter(project__in=chosen), schedules.filter(project__in=chosen)
    said = standing() + _keys() if projects is None else []
    live, stopped = presence.listening(), paused()
    for queue, count in sorted((dict.fromkeys(stopped, Depth()) | depths(chosen)).items()):
        if queue in stopped:
            said.append(f"queue {queue} is paused by {stopped[queue].paused_by.username}; waiting there: {count}")
        elif queue not in live:
            said.append(f"no worker listens to queue {queue}; waiting there: {count}")
    newest = jobs.filter(state=State.ERRORED).order_by("-pk").values("pk")[:LOOKED_AT]
    if bugs := Job.objects.filter(pk__in=newest, finished_at__gte=begin, finished_at__lt=end).count():
        said.append(f"jobs that ended with a bug: {bugs}")
    said += _lost(begin, end) if projects is None else []
    said += _stamps() if projects is None else []
    said += [f"recurring job {one} was refused: {one.last_error.get('detail', '')}" for one in schedules[:LOOKED_AT]]
    return said


def _keys() -> list[str]:
    """The year of the credential key, once it is nearly over."""
    until = Keyring.load(settings.KEYS_FOLDER).credential_until
    if clock.now() < until - CHANGE_KEY:
        return []
    if clock.now() < until:
        return [f"the key that signs credentials is to be changed by {until:%Y-%m-%d}: docs/keys.md"]
    return [f"the key that signs credentials was to be changed by {until:%Y-%m-%d}, and still signs: docs/keys.md"]


def _stamps() -> list[str]:
    """Time stamps that their authority keeps waiting."""
    late = Stamp.objects.filter(token=None, requested_at__lt=clock.now() - STAMP_LATE)
    said = late.order_by("-tries").values_list("error", flat=True).first()
    return [] if said is None else [f"time stamps that wait for their authority: {late.count()}; it last said: {said}"]


def _lost(begin: datetime, end: datetime) -> list[str]:
    newest = Attempt.objects.order_by("-pk").values("pk")[:LOOKED_AT]
    rows = Attempt.objects.filter(pk__in=newest, outcome="lost", ended_at__gte=begin, ended_at__lt=end).order_by()
    counted = sorted(rows.values_list("worker").annotate(n=Count("pk")))
    return [f"attempts that worker {worker} lost: {count}" for worker, count in counted]
