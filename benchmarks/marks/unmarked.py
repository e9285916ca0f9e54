"""How often a key is seen where it never was: distinct items without a mark, each judged under many keys."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.marks.rates import Rate
from workers.contracts import Watermark
from workers.marks.statistic import scores

KEYS = 100
LEVELS = (3.0, 4.0, 5.26)


@dataclass(frozen=True)
class Null:
    """z of every item under every key: how it spreads, its largest value, and how often a level was reached."""

    items: int
    keys: int
    deviation: float
    largest: float
    reached: dict[float, Rate]


def null(mark: Watermark, items: Sequence[Any], keys: int = KEYS) -> Null:
    """Judge items that nobody marked; those of equal layout are scored together."""
    drawn = [hashlib.sha256(f"null {number}".encode()).digest() for number in range(keys)]
    found = []
    for shape in sorted({item.shape for item in items}):
        evidence = np.stack([mark.evidence(item) for item in items if item.shape == shape])
        patterns = np.stack([mark.pattern(key, shape) for key in drawn])
        found.append(scores(patterns, evidence).ravel())
    z = np.concatenate(found)
    reached = {level: Rate(int((z >= level).sum()), len(z)) for level in LEVELS}
    return Null(len(items), keys, float(z.std()), float(z.max()), reached)
