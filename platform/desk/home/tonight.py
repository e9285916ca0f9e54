"""Tonight: openings and jobs of the coming 24 hours, what is expected of them, and what does not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.home.night_picture import Night
from desk.home.now import line
from desk.home.sight import Sight
from desk.job.page import title
from desk.night.times import local
from desk.templatetags.moments import written
from desk.words.sentences import in_language
from jobs.forecast import NEVER_DONE, Scene
from jobs.models import Job, Schedule, State, Window
from jobs.waiting import Waiting, waiting_of
from jobs.windows import openings, week_of

PLANNED = 6  # each forecast is about ten queries
WINDOWS, DUE = 6, 8


def tonight(sight: Sight, scene: Scene) -> dict[str, Any]:
    """Rows of the picture, and what will not be done by then; a number of queries that only PLANNED bounds."""
    night = Night(scene.now)
    waiting = line(sight, State.QUEUED)
    bound = list(waiting.exclude(window=None)[:PLANNED])
    free = list(waiting.filter(window=None)[: PLANNED - len(bound)])
    planned = [(job, found) for job in [*bound, *free] if (found := waiting_of(job, scene))]
    planned.sort(key=lambda one: (one[1].start is None, one[1].start.p50 if one[1].start else night.begin, one[0].pk))
    rows = _windows(sight, night) + [
        _running(job, night) for job in sight.jobs(State.RUNNING).order_by("-pk")[:PLANNED]
    ]
    rows += [_planned(job, found, night) for job, found in planned] + _recurring(sight, night)
    return {"rows": rows, "hours": night.hours(), "unfit": list(filter(None, (_unfit(*one, night) for one in planned)))}


def _windows(sight: Sight, night: Night) -> list[dict[str, Any]]:
    """Windows that open (or are open) in the coming 24 hours, with how many jobs wait for each."""
    rows = Window.objects.prefetch_related("exceptions").select_related("project")
    rows = rows if sight.projects is None else rows.filter(project__in=sight.projects)
    opening = [(window, spans) for window in rows[:50] if (spans := _spans(window, night))][:WINDOWS]
    waits = Counter(line(sight, State.QUEUED).exclude(window=None).order_by().values_list("window", flat=True))
    return [
        {
            "kind": "window",
            "name": str(window),
            "about": window.project.slug,
            "route": "admin:jobs_window_change",
            "pk": window.pk,
            "bars": [night.bar(begin, end, "km-open") for begin, end in spans],
            "says": _("open %(hours)s") % {"hours": ", ".join(f"{_clock(one)}–{_clock(end)}" for one, end in spans)},
            "waits": _waits(waits[window.pk]),
        }
        for window, spans in opening
    ]


def _waits(count: int) -> str:
    return ngettext("%(n)s job waits for it", "%(n)s jobs wait for it", count) % {"n": count}


def _spans(window: Window, night: Night) -> list[tuple[datetime, datetime]]:
    week = week_of(window)
    first, last = (at.astimezone(week.zone).date() for at in (night.begin - timedelta(days=2), night.end))
    found = [(one.start, one.end or night.end) for one in openings(week, first, last)]
    return [(max(begin, night.begin), min(end, night.end)) for begin, end in found if _overlaps(begin, end, night)]


def _overlaps(begin: datetime, end: datetime, night: Night) -> bool:
    return end > night.begin and begin < night.end


def _running(job: Job, night: Night) -> dict[str, Any]:
    found = waiting_of(job)
    bars, says = [], _("runs; nobody knows yet until when")
    if found and found.end:
        bars = [night.bar(night.begin, found.end.p50), night.bar(found.end.p50, found.end.p90, "km-late")]
        says = _("runs until about %(when)s") % {"when": _clock(found.end.p50)}
    return _job(job) | {"bars": bars, "says": says}


def _planned(job: Job, found: Waiting, night: Night) -> dict[str, Any]:
    if not found.start or not found.end:
        return _job(job) | {"bars": [], "says": in_language(found.unknown or found.reason)}
    words = {"begin": _clock(found.start.p50), "end": _clock(found.end.p50), "late": _clock(found.end.p90)}
    bars = [night.bar(found.start.p50, found.end.p50), night.bar(found.end.p50, found.end.p90, "km-late")]
    says = _("about %(begin)s–%(end)s, nine times of ten before %(late)s") % words
    return _job(job) | {"bars": bars, "says": says}


def _job(job: Job) -> dict[str, Any]:
    about = job.project.slug + (f" · {job.window}" if job.window_id else "")
    return {"kind": "job", "name": title(job), "about": about, "route": "admin:jobs_job_change", "pk": job.pk}


def _recurring(sight: Sight, night: Night) -> list[dict[str, Any]]:
    due = Schedule.objects.filter(active=True, next_due__lt=night.end).select_related("project").order_by("next_due")
    due = due if sight.projects is None else due.filter(project__in=sight.projects)
    return [
        {
            "kind": "schedule", "name": str(one), "about": one.project.slug, "route": "admin:jobs_schedule_change",
            "pk": one.pk, "bars": [night.bar(one.next_due, one.next_due, "km-due")],
            "says": _("recurring, due %(when)s") % {"when": _clock(one.next_due)},
        }
        for one in due[:DUE]
        if one.next_due
    ]  # fmt: skip


def _unfit(job: Job, found: Waiting, night: Night) -> dict[str, Any] | None:
    """Why a planned job will not be done within the night; None for one that will, or of which nobody knows."""
    if found.unknown == NEVER_DONE:
        why = _("It does not fit into its window: the window closes before it could end.")
    elif found.end and found.end.p50 > night.end:
        why = _("It is expected to end on %(when)s only.") % {"when": local(found.end.p50)}
    elif found.end and job.window_id and found.end.p90 > night.end:
        why = _("It may not be done within these 24 hours: nine times of ten it ends before %(when)s.") % {
            "when": local(found.end.p90)
        }
    else:
        return None
    return {"job": job, "title": title(job), "why": why}


def _clock(at: datetime) -> str:
    return written(at, "%H:%M")


def spoken(rows: Iterable[dict[str, Any]]) -> str:
    """The picture in words, for whoever does not see it."""
    return "; ".join(f"{row['name']}: {row['says']}" for row in rows)
