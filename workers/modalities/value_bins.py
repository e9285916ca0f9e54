"""Counts of values in bins that double: 1, 2 to 3, 4 to 7, and so on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


def doubling_bins(values: Iterable[int]) -> list[dict[str, int]]:
    """Rows {from, to, count}, from the lowest bin that holds something to the highest; values are 0 or more."""
    counts = Counter(value.bit_length() for value in values)
    if not counts:
        return []
    order = range(min(counts), max(counts) + 1)
    return [{"from": (1 << bits) >> 1, "to": max(0, (1 << bits) - 1), "count": counts[bits]} for bits in order]
