"""Now: what runs, with its newest samples, and what waits, with why."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from desk.home.sight import CUT, LINE, Sight, listed
from desk.job.page import COLOURS, percent, time_left, title
from desk.job.pictures import sample_grids
from desk.words.sentences import in_language
from jobs.forecast import Scene
from jobs.models import Job, State
from jobs.waiting import in_list

SHOWN = 6
WAITING = (State.QUEUED, State.PAUSED, State.HELD)


def now(sight: Sight, scene: Scene) -> dict[str, Any]:
    """At most SHOWN jobs that run, newest first, and as many that wait, in their line; counted up to CUT."""
    running = list(sight.jobs(State.RUNNING).order_by("-pk")[:SHOWN])
    waiting = [job for state in WAITING for job in line(sight, state)[:SHOWN]][:SHOWN]
    whys = in_list([*running, *waiting], scene)
    samples = sample_grids(job.pk for job in running if job.kind == "train")
    counts = {state: _count(sight, state) for state in (State.RUNNING, *WAITING)}
    return {
        "running": [_line(job, whys[job.pk]) | {"sample": samples.get(job.pk, "")} for job in running],
        "waiting": [_line(job, whys[job.pk]) for job in waiting],
        "counts": [
            {"state": state.value, "label": state.label, "count": said, "lead": state == State.RUNNING}
            for state, said in counts.items()
            if said != "0" or state in (State.RUNNING, State.QUEUED)
        ],
    }


def line(sight: Sight, state: str) -> Any:
    """Jobs of a state as they stand in line, among the LINE that wait longest."""
    return listed(sight.keys(Job.objects.filter(state=state), "pk", LINE)).order_by("-priority", "position", "pk")


def _count(sight: Sight, state: str) -> str:
    found = sight.within(Job.objects.filter(state=state)).order_by().values("pk")[: CUT + 1].count()
    return _("more than %(count)s") % {"count": CUT} if found > CUT else str(found)


def _line(job: Job, why: str) -> dict[str, Any]:
    device = job.facts.get("device", "") if job.state == State.RUNNING else ""
    return {
        "job": job,
        "title": title(job),
        "kind": in_language(job.kind) if job.name else "",
        "reason": in_language(why),
        "colour": COLOURS[State(job.state)],
        "percent": percent(job),
        "left": time_left(job.eta_s) if job.state == State.RUNNING else "",
        "where": " · ".join(filter(None, (job.worker, str(device)))) if job.state == State.RUNNING else "",
    }
