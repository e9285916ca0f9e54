"""What is found after damage: of single items, and of sets that are judged together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.marks.damage import Damage
from benchmarks.marks.rates import Rate
from workers.contracts import Watermark
from workers.marks.statistic import pooled, score, threshold

JOBS = 1_000_000  # among which the one that made an item is to be found
DRAWS = 40  # sets of each size
KEY = b"bench".ljust(32, b"\0")


@dataclass(frozen=True)
class Case:
    """Marked items of one kind, as many as are judged, alone or in sets of `together`."""

    name: str
    mark: Watermark
    marked: Sequence[Any]
    together: int = 1
    key: bytes = KEY


def survived(case: Case, damages: Mapping[str, Damage]) -> dict[str, Rate]:
    """How often the mark is found after each damage."""
    return {name: _found(case, damage) for name, damage in damages.items()}


def _found(case: Case, damage: Damage) -> Rate:
    draws = np.random.default_rng(0)
    damaged = [damage(item, draws) for item in case.marked]
    if case.together == 1:
        return Rate(sum(_alone(case, item) for item in damaged), len(damaged))
    hits = 0
    for _ in range(DRAWS):
        chosen = draws.permutation(len(damaged))[: case.together]
        hits += _jointly(case, [damaged[place] for place in chosen])
    return Rate(hits, DRAWS)


def _alone(case: Case, item: Any) -> bool:
    readings = case.mark.readings(item)
    return any(_z(case, reading) >= threshold(JOBS * len(readings)) for reading in readings)


def _z(case: Case, item: Any) -> float:
    return score(case.mark.pattern(case.key, item.shape), case.mark.evidence(item))


def _jointly(case: Case, items: Sequence[Any]) -> bool:
    read = list(zip(*(case.mark.readings(item) for item in items), strict=True))
    scores = [
        score(case.mark.pattern(case.key, each[0].shape), pooled(np.stack([case.mark.evidence(one) for one in each])))
        for each in read
    ]
    return max(scores) >= threshold(JOBS * len(scores))


def structural_similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Mean SSIM of two pictures (H, W, C) over 8 x 8 blocks (Wang et al. 2004, eq. 13, without the sliding window)."""
    means = []
    for plane in range(one.shape[2]):
        a, b = _blocks(one[..., plane]), _blocks(other[..., plane])
        mean_a, mean_b = a.mean(1), b.mean(1)
        both = ((a - mean_a[:, None]) * (b - mean_b[:, None])).mean(1)
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
        means.append((top / ((mean_a**2 + mean_b**2 + c1) * (a.var(1) + b.var(1) + c2))).mean())
    return float(np.mean(means))


def _blocks(plane: np.ndarray) -> np.ndarray:
    height, width = (side // 8 * 8 for side in plane.shape)
    cut = plane[:height, :width].astype(np.float64)
    return cut.reshape(height // 8, 8, width // 8, 8).transpose(0, 2, 1, 3).reshape(-1, 64)


def average(figure: Callable[[Any, Any], float], before: Sequence[Any], after: Sequence[Any]) -> float:
    """The mean of a figure over pairs."""
    return float(np.mean([figure(one, other) for one, other in zip(before, after, strict=True)]))
