"""The curves of several trainings laid over each other: by step, and by the time that was worked on them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from desk.job.compare_runs import Run
from desk.model.figure_order import qualities
from jobs.curves import thinned
from jobs.models import Attempt, Job, JobEvent

POINTS = 4000  # of all curves of a page together
LEAST = 40  # of one curve
Points = list[list[float]]  # [step, seconds worked, value]


def overlaid(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """{name, quality, lines: [{run, points}]} for each series; one query for all runs.

    Figures that say how good a model is (`quality`: "lower is better" in words, None for losses) come first, then
    losses on unseen items.

    Every run has a line in every chart, an empty one where it has no such series: colours go by place.
    """
    found = _read({run.job.pk: run for run in runs})
    names = sorted({name for series in found.values() for name in series}, key=lambda name: (not _unseen(name), name))
    good = qualities(names)
    names = [*good, *(name for name in names if name not in good)]
    most = max(LEAST, POINTS // max(1, len(names) * len(runs)))
    return [
        {
            "name": name,
            "quality": good.get(name),
            "lines": [
                {"run": run.place, "points": thinned(found.get(run.job.pk, {}).get(name, []), most)} for run in runs
            ],
        }
        for name in names
    ]


def _unseen(name: str) -> bool:
    return name.startswith("holdout")


def _read(runs: dict[Any, Run]) -> dict[Any, dict[str, Points]]:
    """By job and name, in the order of the steps; a step that was done twice counts once, as it was done last."""
    points: dict[Any, dict[str, dict[int, list[float]]]] = {}
    rows = JobEvent.objects.filter(job__in=list(runs), type="metric").order_by("pk").values_list("job", "at", "data")
    for job, at, said in rows.iterator():
        seconds = round(worked(runs[job].job, at), 1)
        for name, value in said["values"].items():
            kept = points.setdefault(job, {}).setdefault(name, {})
            kept[said["step"]] = [said["step"], seconds, float(f"{value:.5g}")]
    return {
        job: {name: [kept[step] for step in sorted(kept)] for name, kept in series.items()}
        for job, series in points.items()
    }


def worked(job: Job, until: datetime) -> float:
    """Seconds that were worked on a job until a moment: what lies between two attempts does not count.

    `job.tries` should have been fetched with it.
    """
    tries = list(job.tries.all())
    if not tries:
        return max(0.0, (until - job.started_at).total_seconds()) if job.started_at else 0.0
    return sum(_seconds(one, until) for one in tries)


def _seconds(one: Attempt, until: datetime) -> float:
    ended = min(one.ended_at, until) if one.ended_at else until
    return max(0.0, (ended - one.started_at).total_seconds())
