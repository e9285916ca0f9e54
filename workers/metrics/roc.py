"""How well scores tell two groups apart, and shares with their intervals: closed forms for any number of items."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Figure
from workers.engine.near_threshold import CONFIDENT_Z, interval

Scores = NDArray[np.float64]


def auroc(normal: Scores, abnormal: Scores) -> Figure:
    """The chance that an abnormal item scores higher than a normal one, a tie counting half (Mann & Whitney 1947).

    The 95 % interval is that of DeLong et al. 1988 (eq. 5), from the share of the others that each item is above. Where
    that varies nowhere, since the groups are apart or one of them is a single item, it is Wilson's for as many items as
    the smaller group has: their chance being 1 so far does not make it sure.
    """
    found, wrong = len(abnormal), len(normal)
    together = _midranks(np.concatenate([abnormal, normal]))
    above = (together[:found] - _midranks(abnormal)) / wrong  # for each abnormal item, the share of normal ones below
    below = 1 - (together[found:] - _midranks(normal)) / found
    value = float(above.mean())
    fewest = min(found, wrong)
    spread = above.var(ddof=1) / found + below.var(ddof=1) / wrong if fewest > 1 else 0.0
    if not spread:
        return Figure(value, found + wrong, "", *interval(value * fewest, fewest))
    half = CONFIDENT_Z * math.sqrt(spread)
    return Figure(value, found + wrong, "", max(0.0, value - half), min(1.0, value + half))


def share(hits: int, of: int) -> Figure:
    """hits / of with its 95 % interval (Wilson 1927), which stays within 0 to 1."""
    low, high = interval(hits, of)
    return Figure(hits / of, of, "share", low, high)


def _midranks(scores: Scores) -> Scores:
    """The place of each in their order, from 1; those alike share the mean of theirs."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[place]
