"""How good forecasts were: of jobs that waited and succeeded, how many ended by the P50 and P90 of their rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.models import Job, State

NEWEST = 200
LOOKED_AT = 2000  # newest jobs that succeeded, with a forecast or without
LOWEST, HIGHEST = 0.80, 0.97  # a P90 that covers less promises too much; one that covers more says too little


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Of `jobs` jobs of a kind, the shares that ended by the P50 and by the P90."""

    kind: str
    jobs: int
    by_p50: float
    by_p90: float

    @property
    def good(self) -> bool:
        """Whether the P90 holds as often as it should."""
        return LOWEST <= self.by_p90 <= HIGHEST


def calibrations() -> list[Calibration]:
    """Over all kinds (kind ""), then each, of the newest jobs that had a forecast of their end; [] without any."""
    newest = Job.objects.filter(state=State.SUCCEEDED).order_by("-pk").values("pk")[:LOOKED_AT]
    rows = Job.objects.filter(pk__in=newest, forecast__end__p90__isnull=False).order_by("-pk")
    facts = list(rows.values_list("kind", "finished_at", "forecast__end")[:NEWEST])
    kinds = sorted({kind for kind, *_ in facts})
    return [_of("", facts), *(_of(kind, [row for row in facts if row[0] == kind]) for kind in kinds)] if facts else []


def _of(kind: str, facts: Iterable[tuple[str, datetime, Any]]) -> Calibration:
    ended = [(at, said) for _, at, said in facts]
    by = {
        name: sum(at <= datetime.fromisoformat(said[name]) for at, said in ended) / len(ended)
        for name in ("p50", "p90")
    }
    return Calibration(kind=kind, jobs=len(ended), by_p50=by["p50"], by_p90=by["p90"])
