"""From which distance on an item counts as a near copy: learned from real data that was not learned from."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTILE = 0.001  # of distances between disjoint real items (MARKING section 6)
CONFIDENT_Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class Threshold:
    """An item nearer than `value` is a near copy, and so is one within `identical` of an item, whatever the value.

    `quantile` is what `value` is of the nearest distances of `n` unseen real items. At most that share of further such
    items lies below it, whatever their distribution: of n + 1 alike, each is as likely to be the k-th.
    """

    value: float
    quantile: float
    n: int
    identical: float

    def near(self, distances: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Which of these distances (N,) are those of near copies."""
        return (distances < self.value) | (distances <= self.identical)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON; `Threshold(**said)` is its inverse."""
        return asdict(self)


def learned(distances: NDArray[np.floating[Any]], identical: float, wanted: float = QUANTILE) -> Threshold:
    """The threshold at the `wanted` quantile of the nearest distances (n,) of unseen items.

    Unseen items that are identical to one that was learned from are no other items, and are left out. Of fewer than
    1 / wanted - 1 items no such quantile is known: then it is that of the smallest, 1 / (n + 1), and says so. Without
    any item nothing but what is identical counts.
    """
    distances = distances[distances > identical]
    n = len(distances)
    if not n:
        return Threshold(0.0, 0.0, 0, identical)
    place = max(1, math.floor(wanted * (n + 1)))
    return Threshold(float(np.sort(distances)[place - 1]), place / (n + 1), n, identical)


def interval(near: float, checked: int) -> tuple[float, float]:
    """The 95 % score interval of a rate, `near` of `checked` (Wilson 1927); (0, 1) where nothing was checked."""
    if not checked:
        return 0.0, 1.0
    rate, square = near / checked, CONFIDENT_Z**2 / checked
    middle = (rate + square / 2) / (1 + square)
    reach = CONFIDENT_Z * math.sqrt(rate * (1 - rate) / checked + square / (4 * checked)) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)
