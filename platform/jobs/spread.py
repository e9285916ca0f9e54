"""A time that is not known for sure (seconds): its mean and variance, read as log-normal."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z90 = 1.2815515655446004  # the standard normal's 90th percentile
WIDEST = 1.5  # standard deviation of the logarithm; beyond it a mean says nothing any more
NARROWEST, FARTHEST = 0.05, 8.0  # standard deviations of the logarithm: the least there is, the most that may pass


@dataclass(frozen=True)
class Spread:
    """Sums of independent ones add means and variances (the Fenton-Wilkinson approximation)."""

    mean: float
    var: float = 0.0

    @classmethod
    def of_logarithms(cls, mean: float, sigma: float) -> Spread:
        """From the mean and standard deviation of the logarithm."""
        square = min(sigma, WIDEST) ** 2
        middle = math.exp(mean + square / 2)
        return cls(middle, middle**2 * math.expm1(square))

    def __add__(self, other: Spread) -> Spread:
        return Spread(self.mean + other.mean, self.var + other.var)

    def quantile(self, z: float) -> float:
        """Below which it stays with the probability that belongs to the standard normal's `z`."""
        if self.mean <= 0:
            return 0.0
        square = math.log1p(self.var / self.mean**2)
        return self.mean * math.exp(z * math.sqrt(square) - square / 2)

    def after(self, passed: float) -> Spread:
        """What is left of it where so much has passed and it is not over: the moments of a log-normal time that is cut
        off below (Johnson, Kotz and Balakrishnan 1994, Continuous Univariate Distributions 1, section 14.3).
        """
        if passed <= 0 or self.mean <= 0:
            return self
        sigma = max(NARROWEST, math.sqrt(math.log1p(self.var / self.mean**2)))
        slowest = passed / math.exp(FARTHEST * sigma - sigma**2 / 2)  # what took much longer was not as was thought
        whole = max(self.mean, slowest)
        z = (math.log(passed / whole) + sigma**2 / 2) / sigma
        mean, square = (
            whole**power * math.exp(sigma**2 * (power - 1)) * _beyond(z - power * sigma) / _beyond(z)
            for power in (1, 2)
        )
        return Spread(max(0.0, mean - passed), max(0.0, square - mean**2))

    @property
    def p50(self) -> float:
        """The median."""
        return self.quantile(0.0)

    @property
    def p90(self) -> float:
        """Nine of ten stay below; never less than the median."""
        return self.quantile(Z90)


NOTHING = Spread(0.0)


def _beyond(z: float) -> float:
    """The standard normal's upper tail."""
    return math.erfc(z / math.sqrt(2)) / 2
