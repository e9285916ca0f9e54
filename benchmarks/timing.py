"""The method: ours against a peer in alternating pairs, and a bootstrap interval of the ratio.

Machines are shared and warm up, so two figures taken one after the other say little. Here each pair is taken within a
moment, which of the two goes first changes from pair to pair, and the figure is the median of the ratios of the pairs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Clock = Callable[[], float]
LEAST_PAIRS = 20  # fewer are a trial, and are not published
RESAMPLES = 4000
COVERAGE = 0.95


@dataclass(frozen=True)
class Figure:
    """One measured number.

    `ratio` is how fast ours is beside the peer (1: as fast, 0.5: half as fast), `low` to `high` its 95 % interval;
    where there is no peer, they are the interval of `value`. The bar is `at_least` for a ratio, `at_most` for a value.
    """

    value: float
    unit: str
    low: float
    high: float
    runs: int
    peer: float | None = None
    ratio: float | None = None
    against: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the interval reaches the bar; None where there is none."""
        if self.at_least is not None:
            return self.high >= self.at_least
        return self.low <= self.at_most if self.at_most is not None else None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        said = {name: getattr(self, name) for name in ("value", "unit", "peer", "ratio", "low", "high", "runs")}
        more = {name: getattr(self, name) for name in ("against", "at_least", "at_most", "met")}
        return said | {name: value for name, value in more.items() if value not in (None, "")}


@dataclass(frozen=True)
class Pairs:
    """Seconds of ours and of the peer, (pairs,) each; the i-th of both were taken within a moment."""

    ours: NDArray[np.float64]
    peer: NDArray[np.float64]

    @property
    def ratios(self) -> NDArray[np.float64]:
        """How fast ours was beside the peer, (pairs,)."""
        return self.peer / self.ours


def alternating(
    ours: Callable[[], object],
    peer: Callable[[], object],
    *,
    pairs: int,
    clock: Clock = time.process_time,
    warm_ups: int = 2,
) -> Pairs:
    """Time both, `pairs` times each after some that do not count.

    The clock is CPU time of this process unless said otherwise: it does not see what else the machine does. It counts
    every thread, so whatever is timed by it runs on one.
    """
    for _ in range(warm_ups):
        ours()
        peer()
    turns: list[tuple[Callable[[], object], list[float]]] = [(ours, []), (peer, [])]
    for number in range(pairs):
        for run, taken in turns if number % 2 == 0 else reversed(turns):
            began = clock()
            run()
            taken.append(clock() - began)
    return Pairs(np.array(turns[0][1]), np.array(turns[1][1]))


def interval(values: NDArray[np.float64], seed: int = 0, quantile: float = 0.5) -> tuple[float, float]:
    """The bootstrap interval of the median, or another quantile, of `values` (n,) (Efron 1979, percentile method)."""
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    outside = (1 - COVERAGE) / 2
    low, high = np.quantile(np.quantile(values[draws], quantile, axis=1), (outside, 1 - outside))
    return float(low), float(high)


def compared(
    pairs: Pairs, *, per: int, unit: str, against: str, scale: float = 1000.0, at_least: float | None = None
) -> Figure:
    """The figure of such pairs; one run did `per` things, and `scale` turns seconds into the unit."""
    low, high = interval(pairs.ratios)
    ours, peer = (float(np.median(seconds)) * scale / per for seconds in (pairs.ours, pairs.peer))
    ratio = float(np.median(pairs.ratios))
    return Figure(ours, unit, low, high, len(pairs.ours), peer, ratio, against, at_least)


def measured(values: Sequence[float], *, unit: str, at_most: float | None = None) -> Figure:
    """The median of single measurements, where there is no peer."""
    found = np.array(values)
    low, high = interval(found)
    return Figure(float(np.median(found)), unit, low, high, len(found), at_most=at_most)
