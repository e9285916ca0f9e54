"""What windows mean for jobs now: which are open, what a waiting job is told, and when a running one has to leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from config import clock
from jobs.models import Job, State, Window
from jobs.standing import FREE
from jobs.windows import Week, longest, next_opening, opening, week_of

WAITS, LEFT = "waits for window ", "window "  # how the reasons below begin
NEVER = "waits for window {name}, which does not open again: give it hours"
OPENS = "waits for window {name}, opens {when}"
CLOSED = "window {name} closed at {closed}; goes on when it opens {when}"
CLOSED_FOR_GOOD = "window {name} closed at {closed}; it does not open again: give it hours"
LOOKS_AGAIN = timedelta(days=1)  # where a window neither opens nor closes before


@dataclass(frozen=True)
class Stand:
    """How a window stands from `since` until `until`: whether jobs may start, and if not, when they next may.

    `hours` is what the row said of them, to see whether they were changed.
    """

    hours: tuple[Any, ...]
    open: bool
    opens: datetime | None
    since: datetime
    until: datetime


_known: dict[UUID, Stand] = {}  # of this process; asked for at every claim


def margin_s() -> float:
    """How long before its close nothing is started in a window any more (seconds)."""
    return settings.WINDOW_GRACE_S + max(settings.BEAT_S.values())


def stand(window: Window, now: datetime) -> Stand:
    """How a window stands at a moment; worked out anew at its edges and when its hours were changed."""
    hours = window.timezone, window.hours, [(row.date, row.hours) for row in window.exceptions.all()]
    known = _known.get(window.pk)
    if known is None or known.hours != hours or not known.since <= now < known.until:
        known = _known[window.pk] = _stand(hours, week_of(window), now)
    return known


def _stand(hours: tuple[Any, ...], week: Week, now: datetime) -> Stand:
    current, later = opening(week, now), next_opening(week, now)
    opens = later.start if later else None
    if current and current.end is None:
        return Stand(hours, True, None, now, now + LOOKS_AGAIN)
    last = current.end - timedelta(seconds=margin_s()) if current and current.end else now
    if now < last:
        return Stand(hours, True, None, now, last)
    return Stand(hours, False, opens, now, min(opens or now + LOOKS_AGAIN, now + LOOKS_AGAIN))


def windows_now() -> list[Window]:
    """All windows with their exceptions; they are few."""
    return list(Window.objects.prefetch_related("exceptions"))


def startable(now: datetime) -> Q:
    """Which jobs their windows let start: those without one, and those whose window is open."""
    windows = windows_now()
    return Q(window=None) | Q(window__in=[one.pk for one in windows if stand(one, now).open]) if windows else Q()


def local(at: datetime, window: Window) -> str:
    """A moment as the window's zone shows it: 2026-11-22 22:00 Europe/Berlin."""
    return f"{at.astimezone(week_of(window).zone):%Y-%m-%d %H:%M} {window.timezone}"


def waiting_reason(window: Window | None, now: datetime) -> str:
    """Why a queued job of this window is not begun; "" where the window is open, or there is none."""
    if window is None or (found := stand(window, now)).open:
        return ""
    if found.opens is None:
        return NEVER.format(name=window)
    return OPENS.format(name=window, when=local(found.opens, window))


def queued_reason(job_id: UUID, said: str) -> str:
    """The reason with which a job goes into the queue: what it is told, or that it waits for its window to open.

    A job that leaves because its window closes is told so already.
    """
    window = Window.objects.prefetch_related("exceptions").filter(jobs=job_id).first()
    waits = waiting_reason(window, clock.now())
    return waits if waits and not _tells(said, waits) else said


def _tells(said: str, waits: str) -> bool:
    """Whether a reason already names the opening that a waiting job is told of."""
    return said.startswith(LEFT) and said.rpartition(" opens ")[2] == waits.rpartition(" opens ")[2]


def keep_reasons_true(now: datetime) -> int:
    """Tell queued jobs at the edges of their windows; writes only where a reason is no longer true. Returns how many.

    Between two edges a process looks once: whoever puts a job into the queue tells it the truth (queued_reason).
    """
    told = 0
    for window in windows_now():
        found = stand(window, now)
        if _looked.get(window.pk) != found:
            told += _tell(window, waiting_reason(window, now))
            _looked[window.pk] = found
    return told


_looked: dict[UUID, Stand] = {}


def _tell(window: Window, waits: str) -> int:
    queued = Job.objects.filter(state=State.QUEUED, window=window)
    if waits:
        when = waits.rpartition(" opens ")[2]
        untrue = queued.exclude(state_reason=waits).exclude(
            state_reason__startswith=LEFT, state_reason__endswith=f" opens {when}"
        )
    else:
        untrue = queued.filter(Q(state_reason__startswith=WAITS) | Q(state_reason__startswith=LEFT))
    if not untrue.exists():
        return 0
    return untrue.update(state_reason=waits or FREE)


def tell_now(window: Window) -> None:
    """After a window's hours were changed: jobs that waited for an opening may start at once, and all are told."""
    Job.objects.filter(state=State.QUEUED, window=window, not_before__isnull=False).update(not_before=None)
    fresh = Window.objects.prefetch_related("exceptions").get(pk=window.pk)
    _tell(fresh, waiting_reason(fresh, clock.now()))


@dataclass(frozen=True)
class Closing:
    """The close that a running job has to leave before, and what it is then told."""

    left_s: float  # until it closes
    reason: str
    not_before: datetime


def closing(job_id: UUID, *, save_s: float = 0.0) -> Closing | None:
    """The close of a running job's window, once it is time to save and leave; None before, and without a window.

    `save_s` is how long saving takes as far as it was measured (seconds); grace and one beat are added.
    """
    window = Window.objects.prefetch_related("exceptions").filter(jobs=job_id).first()
    if window is None:
        return None
    now, week = clock.now(), week_of(window)
    current = opening(week, now)
    if current and (current.end is None or now < current.end - timedelta(seconds=save_s + margin_s())):
        return None
    closed = current.end if current and current.end else now
    later = next_opening(week, now)
    words = {"name": str(window), "closed": f"{closed.astimezone(week.zone):%H:%M}"}
    left_s = (closed - now).total_seconds()
    if later is None:
        return Closing(left_s, CLOSED_FOR_GOOD.format(**words), closed)
    return Closing(left_s, CLOSED.format(**words, when=local(later.start, window)), later.start)


def longest_opening_s(window: Window, now: datetime) -> float:
    """The longest opening of the coming weeks (seconds); infinite where the window does not close."""
    found = longest(week_of(window), now) or next_opening(week_of(window), now)
    return found.seconds if found else 0.0
