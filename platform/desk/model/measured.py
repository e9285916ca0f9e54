"""What evaluations found of models: the newest value of each figure, with its interval and what it was measured on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from catalog.models import DatasetVersion, ModelVersion
from jobs.models import Job, JobInput, State

LOOKED_AT = 200  # newest evaluations that are read


@dataclass(frozen=True)
class Measured:
    """One figure of one model; `low` and `high` are the bounds of its interval (95 in 100) where it has one."""

    name: str
    value: float
    n: int | None
    unit: str
    low: float | None
    high: float | None
    job: Job
    data: DatasetVersion | None

    @property
    def said(self) -> dict[str, Any]:
        """As its metric said it."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "unit": self.unit}

    @property
    def conditions(self) -> tuple[UUID | None, Any]:
        """Figures can be compared where these are the same: the data, and how many samples were drawn."""
        return (self.data.pk if self.data else None, self.job.params.get("count"))


def measured(versions: Collection[ModelVersion]) -> dict[UUID, dict[str, Measured]]:
    """By model version and figure; two queries whatever their number."""
    of_model = JobInput.objects.filter(role="model", model_version__in=[version.pk for version in versions])
    rows = of_model.filter(job__kind="evaluate", job__state=State.SUCCEEDED).select_related("job")
    newest = list(rows.order_by("-pk")[:LOOKED_AT])
    data = _data([row.job_id for row in newest])
    found: dict[UUID, dict[str, Measured]] = {version.pk: {} for version in versions}
    for row in newest:
        if row.model_version_id:
            _add(found[row.model_version_id], row.job, data.get(row.job_id))
    return found


def _data(jobs: Sequence[UUID]) -> dict[UUID, DatasetVersion]:
    rows = JobInput.objects.filter(job__in=jobs, role="data").select_related("dataset_version__dataset")
    return {row.job_id: row.dataset_version for row in rows if row.dataset_version}


def _add(found: dict[str, Measured], job: Job, data: DatasetVersion | None) -> None:
    for name, said in job.result.get("metrics", {}).items():
        if name not in found and isinstance(said.get("value"), int | float):
            more = {key: said.get(key) for key in ("n", "low", "high")}
            unit = said.get("unit") or ""
            found[name] = Measured(name=name, value=said["value"], unit=unit, job=job, data=data, **more)


def best(values: Sequence[Measured | None], better: str) -> int | None:
    """The place of the one that is better than every other beyond their intervals; None where nobody can say.

    At least two must be there, all measured on the same data with as many samples, each with its interval.
    """
    spans = {
        place: (one.low, one.high) if better == "higher" else (-one.high, -one.low)
        for place, one in enumerate(values)
        if one and one.low is not None and one.high is not None
    }
    known = [one for one in values if one]
    if len(spans) < 2 or len(spans) < len(known) or len({one.conditions for one in known}) > 1:
        return None
    place = max(spans, key=lambda at: spans[at][0])
    return place if all(spans[place][0] > high for at, (_low, high) in spans.items() if at != place) else None
