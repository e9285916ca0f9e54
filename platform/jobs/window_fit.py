"""Whether a job fits into its window, from what jobs like it took: a warning where it may not, a refusal if certain.

A training and a generation keep what they have when the window closes. Any other job begins anew at each opening.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import isinf
from statistics import median
from typing import Any

from catalog.models import DatasetVersion, ModelVersion, Plugin
from jobs.models import Job, State, Window
from jobs.request import Given
from jobs.window_state import longest_opening_s, margin_s
from models_store.errors import InvalidInput

LOOKED_AT = 20  # newest jobs of a kind and project
KEEPS = ("model_version", "artifacts")  # products of kinds that go on where they were interrupted
LOOP = ("steps", "sample_every", "checkpoint_every", "batch_size")  # parameters that change no step's cost per item
TOO_SHORT = (
    "Nothing can begin in window {name}: its longest opening is {opening}, and the last {margin} are left for saving. "
    "Give it longer hours, or take another window."
)
NEVER_ENDS = (
    "This very job took at least {long}; the longest opening of window {name} is {opening}, and a job of this kind "
    "begins anew when it is interrupted: take a longer window, or none."
)
LATE_CHECKPOINT = (
    "The first checkpoint (step {step}) is expected after {long}; the longest opening of window {name} is {opening}: "
    "lower checkpoint_every, or take a longer window."
)
TOO_LONG = (
    "Jobs like this took {long}; the longest opening of window {name} is {opening}, and a job of this kind begins "
    "anew when it is interrupted: take a longer window, or none."
)


class LongerThanWindow(InvalidInput):
    """The job can never end in its window."""

    code = "longer_than_window"


def fit(
    window: Window, kind: Plugin, family: str, params: Mapping[str, Any], inputs: Mapping[str, Given], now: datetime
) -> tuple[dict[str, str], ...]:
    """Warnings ({code, detail}) about a job in a window; raises LongerThanWindow where it can certainly never end."""
    opening_s = longest_opening_s(window, now)
    if isinf(opening_s):
        return ()
    within_s, words = opening_s - margin_s(), {"name": str(window), "opening": duration(opening_s)}
    if within_s <= 0:
        raise LongerThanWindow(TOO_SHORT.format(**words, margin=duration(margin_s())), field="window", got=window.name)
    past = Job.objects.filter(project=window.project_id, kind=kind.name, state=State.SUCCEEDED).order_by("-pk")
    if kind.abilities["produces"] in KEEPS:
        expected = _first_checkpoint(past.filter(family=family)[:LOOKED_AT], params) if family else None
        if expected is None or expected[1] <= within_s:
            return ()
        said = LATE_CHECKPOINT.format(**words, step=expected[0], long=duration(expected[1]))
        return ({"code": "late_checkpoint", "detail": said},)
    took = {job: _seconds(job) for job in past.prefetch_related("inputs")[:LOOKED_AT]}
    same = [seconds for job, seconds in took.items() if _asks_the_same(job, params, inputs)]
    if same and min(same) > within_s:
        said = NEVER_ENDS.format(**words, long=duration(min(same)))
        raise LongerThanWindow(said, field="window", got=window.name)
    if not took or (usual := median(took.values())) <= within_s:
        return ()
    return ({"code": LongerThanWindow.code, "detail": TOO_LONG.format(**words, long=duration(usual))},)


def _first_checkpoint(past: Iterable[Job], params: Mapping[str, Any]) -> tuple[int, float] | None:
    """Step of the first checkpoint and the seconds until then, by the pace of trainings of the family.

    Those with the same networks decide, if there are any. None where nobody knows.
    """
    if not all(isinstance(params.get(name), int) for name in ("checkpoint_every", "steps", "batch_size")):
        return None
    paces = {job: job.result["samples_per_s"] for job in past if job.result.get("samples_per_s")}
    alike = [pace for job, pace in paces.items() if _networks(job.params) == _networks(params)]
    if not paces:
        return None
    step = min(params["checkpoint_every"], params["steps"])
    return step, step * params["batch_size"] / median(alike or paces.values())


def _networks(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in LOOP}


def _seconds(job: Job) -> float:
    """How long the attempt took in which the job succeeded."""
    return max(job.tries.filter(outcome=State.SUCCEEDED).values_list("device_s", flat=True), default=0.0)


def _asks_the_same(job: Job, params: Mapping[str, Any], inputs: Mapping[str, Given]) -> bool:
    given = {role: str(value.pk) for role, value in inputs.items() if isinstance(value, DatasetVersion | ModelVersion)}
    return dict(job.params) == dict(params) and {row.role: row.said() for row in job.inputs.all()} == given


def duration(seconds: float) -> str:
    """About how long, in the two largest units that say it: 90 s, 12 min, 3 h 20 min."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
