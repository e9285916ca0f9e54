"""This morning: how the last night ended, what failed and why, and what needs a person."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from desk.home.sight import CUT, Sight, listed
from desk.job.page import COLOURS, title
from desk.job.pictures import sample_grids
from desk.words.sentences import in_language
from jobs.digest import FAILED, evening_before, waiting_for_a_person
from jobs.forecast import Scene
from jobs.models import ENDED, Job, State

SHOWN = 4
NOTHING = Q(kind="generate", result__count=0)  # a job that made nothing is no news


def morning(sight: Sight, scene: Scene) -> dict[str, Any]:
    """Counts since yesterday evening, by kind; then names: failures first, what was made, what waits for a person."""
    begin = evening_before(scene.now)
    ended = _newest(sight, finished_at__gte=begin, finished_at__lt=scene.now)
    by_kind = ended.order_by().values_list("kind", "state").annotate(n=Count("pk"))
    counts: dict[str, dict[str, int]] = {"well": {}, "failed": {}}
    for kind, state, number in by_kind:
        where = "well" if state == State.SUCCEEDED else "failed" if state in FAILED else ""
        if where:
            counts[where][kind] = counts[where].get(kind, 0) + number
    failed = list(ended.filter(state__in=FAILED).order_by("-finished_at")[:SHOWN])
    well = _well(ended)
    samples = sample_grids(job.pk for job in well if job.kind == "train")
    held = list(waiting_for_a_person(sight.jobs()).order_by("pk")[:SHOWN])
    return {
        "begin": begin,
        "well": _by_kind(counts["well"]),
        "broken": _by_kind(counts["failed"]),
        "made": [_line(job) | {"sample": samples.get(job.pk, "")} for job in well],
        "failed": [_line(job) for job in failed],
        "held": [_line(job) for job in held],
        "before": [] if well or failed else [_line(job) for job in _well(_newest(sight, finished_at__lt=begin))],
    }


def _newest(sight: Sight, **when: Any) -> QuerySet[Job]:
    """Ended jobs of a time, among the newest CUT."""
    return listed(sight.keys(Job.objects.all(), "-pk", CUT)).filter(state__in=ENDED, **when)


def _well(rows: QuerySet[Job]) -> list[Job]:
    """What ended well and made something; trainings first, since they take longest."""
    good = rows.filter(state=State.SUCCEEDED).exclude(NOTHING).order_by("-finished_at")
    trained = list(good.filter(kind="train")[:SHOWN])
    return trained + list(good.exclude(kind="train")[: SHOWN - len(trained)])


def _by_kind(counts: dict[str, int]) -> str:
    said = [f"{in_language(kind)} {number}" for kind, number in sorted(counts.items(), key=lambda one: -one[1])]
    return _("%(all)s (%(kinds)s)") % {"all": sum(counts.values()), "kinds": ", ".join(said)} if counts else "0"


def _line(job: Job) -> dict[str, Any]:
    why = in_language(job.state_reason or job.error_detail) if job.state != State.SUCCEEDED else ""
    return {"job": job, "title": title(job), "kind": in_language(job.kind), "reason": why,
            "colour": COLOURS[State(job.state)]}  # fmt: skip
