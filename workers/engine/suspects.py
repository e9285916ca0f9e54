"""The jobs that may have made a file: their patterns, and which of them the evidence of one file or many points at."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Watermark
from workers.marks.statistic import scores, threshold

LARGEST_BLOCK = 16_000_000  # chips held at once, 64 MB
KEPT_SHAPES = 4
SMALLEST_SET = 2
MOST_SHAPES = 32  # sizes of item in one upload whose watermark is looked for

Reading = tuple[tuple[int, ...], NDArray[np.float64]]  # (shape as read, evidence (n,))
Group = tuple[tuple[int, ...], tuple[int, ...]]  # (size as it came, size as read)


@dataclass(frozen=True)
class Match:
    """The best job for one piece of evidence; `threshold` is for as many hypotheses as were tried."""

    job: str
    z: float
    threshold: float
    hypotheses: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"job": self.job, "z": round(self.z, 2), "threshold": round(self.threshold, 2), "tried": self.hypotheses}


@dataclass
class Suspects:
    """Jobs (ids) and their mark keys; patterns of the last few shapes are kept."""

    mark: Watermark
    jobs: Sequence[str]
    keys: Sequence[bytes] = field(repr=False)
    _kept: OrderedDict[tuple[int, ...], NDArray[np.float32]] = field(
        default_factory=OrderedDict, init=False, repr=False
    )

    def best(self, evidence: Sequence[tuple[tuple[int, ...], NDArray[np.floating]]], searched: int = 1) -> Match | None:
        """The job with the largest z over these readings, each (item shape, evidence (n,)); None without jobs.

        `searched` is how many such searches one claim rests on: it multiplies the hypotheses.
        """
        if not self.jobs or not evidence:
            return None
        z = np.max([self._scores(shape, told) for shape, told in evidence], axis=0)  # (M,)
        winner = int(np.argmax(z))
        tried = len(self.jobs) * len(evidence) * searched
        return Match(self.jobs[winner], float(z[winner]), threshold(tried), tried)

    def _scores(self, shape: tuple[int, ...], evidence: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.concatenate([scores(block, evidence[None])[0] for block in self._blocks(shape[:2], len(evidence))])

    def _blocks(self, shape: tuple[int, ...], chips: int) -> Iterator[NDArray[np.float32]]:
        """The patterns (M, n) of all jobs in blocks that fit into memory; kept where one block is enough."""
        rows = max(1, LARGEST_BLOCK // max(1, chips))
        if len(self.keys) > rows:
            yield from (self._patterns(shape, self.keys[at : at + rows]) for at in range(0, len(self.keys), rows))
            return
        if shape not in self._kept:
            self._kept[shape] = self._patterns(shape, self.keys)
            while len(self._kept) > KEPT_SHAPES:
                self._kept.popitem(last=False)
        yield self._kept[shape]

    def _patterns(self, shape: tuple[int, ...], keys: Sequence[bytes]) -> NDArray[np.float32]:
        return np.stack([self.mark.pattern(key, shape) for key in keys]).astype(np.float32)


@dataclass
class Sets:
    """Evidence of items of equal shape, added up per reading as it comes: the batch statistic of a zip."""

    sums: dict[Group, NDArray[np.float64]] = field(default_factory=dict)
    counts: Counter[Group] = field(default_factory=Counter)
    shapes: set[tuple[int, ...]] = field(default_factory=set)

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether items of this shape are still looked at; a zip of ever new sizes is bounded so."""
        return shape[:2] in self.shapes or len(self.shapes) < MOST_SHAPES

    def add(self, shape: tuple[int, ...], readings: list[Reading]) -> None:
        """One more item of this shape."""
        self.shapes.add(shape[:2])
        for read, told in readings:
            group = (shape[:2], read[:2])
            self.sums[group] = self.sums.get(group, 0.0) + told
            self.counts[group] += 1

    def judged(self, suspects: Suspects) -> dict[str, Any] | None:
        """The best match over all sets of at least two, as JSON; None where there is none."""
        sets = [group for group, count in self.counts.items() if count >= SMALLEST_SET]
        best: dict[str, Any] | None = None
        for group in sets:
            match = suspects.best([(group[1], self.sums[group])], searched=len(sets))
            if match and (best is None or match.z > best["z"]):
                found = {"found": match.z >= match.threshold}
                best = match.as_dict() | {"items": self.counts[group], "shape": list(group[0])} | found
        return best


@dataclass
class Search:
    """The search for the watermark of one modality through an upload: whose it may be, and what was seen so far."""

    suspects: Suspects
    sets: Sets = field(default_factory=Sets)

    def one(self, item: NDArray[Any]) -> dict[str, Any] | None:
        """The best job for one item; `alone` says whether one of its size may be judged by itself, `found` judges."""
        if not self.sets.takes(item.shape):
            return None
        mark = self.suspects.mark
        readings = [(reading.shape, mark.evidence(reading)) for reading in mark.readings(item)]
        self.sets.add(item.shape, readings)
        match = self.suspects.best(readings)
        if match is None:
            return None
        alone = mark.judges_alone(item.shape)
        return match.as_dict() | {"alone": alone, "found": alone and match.z >= match.threshold}

    def batch(self) -> dict[str, Any] | None:
        """What the items say together."""
        return self.sets.judged(self.suspects)
