"""The log of a job as its page shows it: lines and moves in the reader's language, and all of it as a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext_noop

from catalog.plugins import available
from config import clock
from desk.job.parameter_fields import title_of
from desk.templatetags.moments import written
from desk.words.sentences import in_language
from jobs.models import Job, JobEvent, State

LINES = 200
SHOWN = ("log", "state")
METRIC = re.compile(r"measures (?P<measured>.+)|(?P<left_out>.+?) is left out: .+", re.DOTALL)  # as evaluations log it
LEVELS = {"warning": gettext_noop("warning"), "error": gettext_noop("error")}


def newest(job: Job) -> list[dict[str, Any]]:
    """The newest lines and moves, oldest first."""
    rows = job.events.filter(type__in=SHOWN).order_by("-id")[:LINES]
    return [line(row) for row in reversed(list(rows))]


def later(job: Job, after: int) -> list[dict[str, Any]]:
    """What came after event `after`, oldest first."""
    return [line(row) for row in job.events.filter(type__in=SHOWN, pk__gt=after).order_by("id")[:LINES]]


def line(row: JobEvent) -> dict[str, Any]:
    """Its moment, level (info, warning, error, state) and words."""
    level = row.data.get("level", "info") if row.type == "log" else "state"
    return {"id": row.pk, "at": row.at, "level": level, "word": LEVELS.get(level, ""), "says": _said(row.data)}


def _said(data: dict[str, Any]) -> str:
    if "message" in data:
        return _titled(data["message"], in_language(data["message"]))
    state = State(data["state"]).label if data.get("state") in State.values else data.get("state", "")
    return f"{state}: {in_language(data['reason'])}" if data.get("reason") else str(state)


def _titled(message: str, said: str) -> str:
    """A line about a metric with its title in the reader's language; workers write its English one."""
    named = METRIC.fullmatch(message)
    if not named or said == message:
        return said
    metric = named["measured"] or named["left_out"]
    row = next((row for row in available("metric") if metric in (row.title, row.name)), None)
    return said.replace(metric, title_of(row), 1) if row else said


def as_text(job: Job) -> Iterator[str]:
    """Every kept line, for a file."""
    rows: Iterable[JobEvent] = job.events.filter(type__in=SHOWN).order_by("id").iterator()
    for row in rows:
        one = line(row)
        yield f"{written(one['at'], '%Y-%m-%d %H:%M:%S %Z')}\t{one['level']}\t{one['says']}\n"


def last_event(job: Job) -> int:
    """The newest event of the job, from which a stream goes on; 0 where there is none."""
    return job.events.order_by("-id").values_list("pk", flat=True).first() or 0


def file_name(job: Job) -> str:
    """Of the text."""
    return f"job-{str(job.pk)[-8:]}-{clock.now():%Y%m%d-%H%M}.log"
