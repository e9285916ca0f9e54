"""How fast a model is, as measured here: by device, provider, precision and batch; nothing is estimated."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from catalog.models import ModelVersion
from jobs.models import Job, JobInput, State

LOOKED_AT = 200  # newest jobs that worked with it


@dataclass(frozen=True)
class Speed:
    """Items a second over several jobs that ran alike; `batch` is how many are computed at once."""

    work: str  # train or generate
    device: str
    provider: str
    precision: str
    batch: str
    count: int
    median: float
    slowest: float
    fastest: float


def speeds(version: ModelVersion) -> list[Speed]:
    """Its training, and its generate jobs that used no other model beside it; two queries, most frequent first."""
    found: dict[tuple[str, ...], list[float]] = {}
    for job_kind, facts, rate in _rates(version):
        if isinstance(rate, int | float) and rate > 0:
            found.setdefault((job_kind, *_conditions(facts)), []).append(float(rate))
    rows = [Speed(*key, len(rates), median(rates), min(rates), max(rates)) for key, rates in found.items()]
    return sorted(rows, key=lambda row: (row.work == "train", -row.count, row.device))


def _rates(version: ModelVersion) -> list[tuple[str, dict[str, Any], Any]]:
    newest = JobInput.objects.filter(role="model", model_version=version).order_by("-pk")[:LOOKED_AT]
    jobs = Job.objects.filter(pk__in=list(newest.values_list("job_id", flat=True)), kind="generate")
    alone = jobs.filter(state=State.SUCCEEDED).exclude(inputs__role="model_2").order_by("-pk")
    made = alone.values_list("facts", "result__items_per_s")
    trained = [("train", version.job.facts, version.job.result.get("samples_per_s"))] if version.job else []
    return [("generate", facts, rate) for facts, rate in made] + trained


def _conditions(facts: dict[str, Any]) -> tuple[str, str, str, str]:
    """Device, provider, precision, batch, as the engine said; "" where it did not."""
    batch = facts.get("padded_batch") or facts.get("micro_batch") or ""
    said = (facts.get("device"), facts.get("provider"), facts.get("precision"), batch)
    return tuple(str(one or "") for one in said)  # type: ignore[return-value]
