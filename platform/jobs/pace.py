"""How long like jobs took: the same kind, family and project, or as much of that as enough jobs share.

The logarithm of the seconds is a line over the logarithm of the size, with a slope from 0 (what a job costs whatever
its size) to 1 (proportional); what a new job takes follows from the prediction interval of that line (Student's t).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from jobs.models import Attempt, Job, State
from jobs.spread import Z90, Spread

LIKE = 60  # newest like jobs that are looked at
NEAR = 500  # newest jobs of kind and family among which those of the project are looked for
ENOUGH = 5
PRIOR_SIGMA, PRIOR_WEIGHT = 0.3, 1.0  # spread of the logarithm before anything is known, worth one job
TO_PROPORTIONAL = 0.5  # how strongly the slope is drawn to 1 while sizes hardly differ


@dataclass(frozen=True)
class Pace:
    """A fitted line; `like` says what the jobs have in common with the new one, `count` how many they are."""

    like: str
    count: int
    usual: Spread  # of these jobs, whatever their size
    log_s: float
    sigma: float
    slope: float = 0.0
    log_size: float = 0.0
    size_ss: float = 0.0

    def of(self, size: float | None) -> Spread:
        """How long a job of that size takes (seconds)."""
        away = math.log(size) - self.log_size if size and self.slope else 0.0
        leverage = 1 / self.count + (away**2 / (self.size_ss + TO_PROPORTIONAL) if away else 0.0)
        wider = student90(self.count - 1 + PRIOR_WEIGHT) / Z90
        return Spread.of_logarithms(self.log_s + self.slope * away, self.sigma * wider * math.sqrt(1 + leverage))


def student90(freedom: float) -> float:
    """The 90th percentile of Student's t (Cornish-Fisher expansion in 1/freedom, Abramowitz and Stegun 26.7.5)."""
    z = Z90
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2


def fitted(like: str, durations: Sequence[tuple[float, float | None]]) -> Pace:
    """The line through (seconds, size); sizes count where enough jobs have one."""
    sized = [(seconds, size) for seconds, size in durations if size]
    usual = _usual([seconds for seconds, _ in durations])
    if len(sized) < min(ENOUGH, len(durations)):
        logs = [math.log(seconds) for seconds, _ in durations]
        middle = sum(logs) / len(logs)
        return Pace(like, len(logs), usual, middle, _sigma([one - middle for one in logs]))
    x, y = [math.log(size) for _, size in sized], [math.log(seconds) for seconds, _ in sized]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    spread_x = sum((one - middle_x) ** 2 for one in x)
    together = sum((one - middle_x) * (other - middle_y) for one, other in zip(x, y, strict=True))
    slope = min(1.0, max(0.0, (together + TO_PROPORTIONAL) / (spread_x + TO_PROPORTIONAL)))
    off = [other - middle_y - slope * (one - middle_x) for one, other in zip(x, y, strict=True)]
    return Pace(like, len(x), usual, middle_y, _sigma(off), slope, middle_x, spread_x)


def _usual(seconds: list[float]) -> Spread:
    middle = sum(seconds) / len(seconds)
    return Spread(middle, sum((one - middle) ** 2 for one in seconds) / len(seconds))


def _sigma(off: list[float]) -> float:
    freedom = len(off) - 1 + PRIOR_WEIGHT
    return math.sqrt((sum(one**2 for one in off) + PRIOR_WEIGHT * PRIOR_SIGMA**2) / freedom)


def pace_of(kind: str, family: str, project: UUID) -> Pace | None:
    """What is known of such jobs from their history; None where no job of the kind has succeeded. At most 4 queries."""
    best: list[tuple[float, float | None]] = []
    like = ""
    for name, rows in _circles(kind, family, project).items():
        found = _durations(rows)
        if len(found) > len(best):
            best, like = found, name
        if len(best) >= ENOUGH:
            break
    return fitted(like, best) if best else None


def took(kind: str, family: str) -> list[float]:
    """How long the newest jobs of a kind and family took that succeeded here (seconds), newest first; two queries."""
    ended = Job.objects.filter(kind=kind, family=family, state=State.SUCCEEDED).order_by("-pk")
    return [seconds for seconds, _ in _durations(ended)]


def _circles(kind: str, family: str, project: UUID) -> Mapping[str, QuerySet[Job]]:
    ended = Job.objects.filter(kind=kind, state=State.SUCCEEDED).order_by("-pk")
    near = ended.filter(family=family).values("pk")[:NEAR]
    own = Job.objects.filter(pk__in=near, project=project).order_by("-pk")
    return {"project": own, "family": ended.filter(family=family)} | ({"kind": ended} if family else {})


def _durations(rows: QuerySet[Job]) -> list[tuple[float, float | None]]:
    """(device seconds, size) of the newest ones; neither time between two attempts nor others' parts of a batch."""
    facts = ("pk", "started_at", "finished_at", "forecast__size")
    found = list(rows.exclude(started_at=None).exclude(finished_at=None).values_list(*facts)[:LIKE])
    tries = Attempt.objects.filter(job__in=[pk for pk, *_ in found])
    worked = dict(tries.order_by().values_list("job").annotate(sum=Sum("device_s"))) if found else {}
    return [
        (_seconds(worked.get(pk), began, ended), size if isinstance(size, int | float) and size > 0 else None)
        for pk, began, ended, size in found
    ]


def _seconds(worked: float | None, began: datetime, ended: datetime) -> float:
    """At least a tenth of a second: a logarithm is taken of it."""
    return max(0.1, worked if worked else (ended - began).total_seconds())


def size_of(kind: str, params: Mapping[str, Any], upload_bytes: int = 0) -> float | None:
    """What the time of a job grows with: items seen in training, items made, bytes read; None where nobody knows."""
    if kind == "ingest":
        return upload_bytes or None
    if kind == "train":
        parts = [params.get("steps"), params.get("batch_size", 1)]
    elif kind == "generate":
        values = max((len(one) for one in (params.get("sweep") or {}).values()), default=1)
        parts = [params.get("count"), values]
    else:
        return None
    numbers = [one for one in parts if isinstance(one, int | float) and one > 0]
    return float(math.prod(numbers)) if len(numbers) == len(parts) else None
