"""A job that has ended, as a report: what was made of what, and the figures that people ask for first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from catalog.models import ModelVersion
from catalog.plugins import newest
from config import clock
from desk.job.amounts import duration, rounded
from desk.job.compare_curves import worked
from desk.job.parameter_fields import title_of
from desk.job.use import speed
from desk.model.figure_names import HOLDOUT, NAMES, figure_name, unit_of
from desk.model.figure_order import in_words, way
from desk.model.figures import Report
from desk.model.figures import report as figures_found
from desk.words.sentences import in_language
from jobs.models import Job, JobInput, State

Figure = dict[str, str]
LISTED = 12  # items that a page names: those of the picture


def method(job: Job) -> str:
    """The title of its method, else of its kind, in the reader's language."""
    row = newest("family", job.family) if job.family else newest("kind", job.kind)
    return title_of(row) if row else job.family or in_language(job.kind)


def about(job: Job, inputs: list[JobInput], version: ModelVersion | None) -> str:
    """The method and what it works on, and what came of it, in a line."""
    named = (str(row.dataset_version or row.model_version or row.upload_name or "") for row in inputs)
    said = " · ".join(filter(None, (method(job), *named)))
    return f"{said} → {version}" if version else said


def figures(job: Job, version: ModelVersion | None) -> list[Figure]:
    """Key figures: how long, how much, how fast, how well."""
    now = job.finished_at or clock.now()
    unit = in_language(job.unit)
    said = [_figure(_("Time worked"), duration(worked(job, now)))] if job.started_at else []
    if job.done and job.state == State.SUCCEEDED:
        said.append(_figure(_("Made") if job.kind == "generate" else _("Done"), f"{job.done:,}", unit))
    if rate := speed(job):
        said.append(_figure(_("Speed"), rate))
    return said + (_scores(version.metrics) if version else [])


def measured(job: Job) -> Report | None:
    """What an evaluation found, each figure with its interval (95 in 100) and how many items it is of."""
    found = job.result.get("metrics", {})
    return figures_found(found) if found else None


def unusual(job: Job) -> list[dict[str, Any]]:
    """The first of the items that a score job found most unusual, with what they are called on the page."""
    splits = {"train": _("for training"), "holdout": _("held out")}
    limit = job.result.get("metrics", {}).get("anomaly_threshold", {}).get("value")
    return [
        one | {
            "split": splits.get(one["split"], one["split"]), "row": f"{one['row'] + 1:,}",
            "score": rounded(one["score"]), "above": limit is not None and one["score"] > limit,
        }
        for one in job.result.get("unusual", [])[:LISTED]
    ]  # fmt: skip


def sheet_says(job: Job) -> str:
    """What stands beside the picture of a job."""
    if job.kind == "generate":
        return _("Contact sheet of what was generated")
    if job.result.get("unusual"):
        return _("The most unusual items: each as it is, as the model brings it back, and where the two differ")
    return _("Originals, each above what the model made of it")


def _scores(metrics: dict[str, Any]) -> list[Figure]:
    """Losses at the end of the training, then scores on data that it did not see."""
    losses = {name: value for name, value in metrics.get("losses", {}).items() if isinstance(value, int | float)}
    said = [_figure(figure_name(name), rounded(value), unit_of(name)) for name, value in losses.items()]
    unseen = {HOLDOUT + name: score["value"] for name, score in metrics.get("holdout", {}).items()}
    return said + [
        _figure(figure_name(name), rounded(value), unit_of(name), way(name, {})) for name, value in unseen.items()
    ]


def _figure(title: str, value: str, unit: str = "", better: str = "") -> Figure:
    return {"title": title, "value": value, "unit": unit, "way": in_words(better)}


def curve_names(drawn: Iterable[str] = ()) -> dict[str, str]:
    """What curves are called: those that are `drawn`, and those that may still come while one looks."""
    later = (name for one in NAMES for name in (one, HOLDOUT + one))
    return {name: figure_name(name) for name in (*later, *drawn)}
