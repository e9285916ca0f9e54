"""Rates with their intervals, as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964  # of the normal distribution, two-sided


@dataclass(frozen=True)
class Rate:
    """`hits` of `n`."""

    hits: int
    n: int

    def within(self) -> tuple[float, float]:
        """The 95 % interval of Wilson (1927), which holds at 0 and at n too."""
        share, spread = self.hits / self.n, Z95**2 / self.n
        middle = (share + spread / 2) / (1 + spread)
        half = Z95 / (1 + spread) * sqrt(share * (1 - share) / self.n + spread / (4 * self.n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.within()
        return f"{self.hits / self.n:.0%} ({low:.0%} to {high:.0%}, n = {self.n})"

    def as_dict(self) -> dict[str, float]:
        """Plain JSON: value, low, high, n."""
        low, high = self.within()
        return {"value": self.hits / self.n, "low": low, "high": high, "n": self.n}
