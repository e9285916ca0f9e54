"""The jobs that may have made a file: their patterns, and which of them the evidence points at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Watermark
from workers.marks.statistic import scores, threshold

LARGEST_BLOCK = 16_000_000  # chips held at once, 64 MB
KEPT_SHAPES = 4


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
