"""Intervals by resampling: how much a figure would move with another draw of items."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from workers.contracts import Figure
from workers.engine.streams import generator

DRAWS = 1000
GROUPS = 10
T_95 = 2.262  # Student's t, 97.5 %, GROUPS - 1 degrees of freedom
AT_ONCE = 4_000_000  # numbers of redrawn items that are in memory at once


def share(hits: Tensor, seed: int) -> Figure:
    """The mean of (N,) yes-or-no values with its 95 % bootstrap percentile interval (Efron 1979).

    How many of N that are drawn anew say yes is binomial: that is drawn, and not which.
    """
    count, value = len(hits), hits.double().mean()
    draws = generator(seed, 0, "bootstrap")
    said = torch.full((DRAWS,), float(count), dtype=torch.double)
    return interval(torch.binomial(said, value.expand(DRAWS), generator=draws) / count, value.item(), count)


def mean(values: Tensor, seed: int, unit: str = "") -> Figure:
    """The mean of (N,) numbers with its 95 % bootstrap percentile interval (Efron 1979)."""
    values, draws, means = values.double(), generator(seed, 0, "bootstrap"), list[Tensor]()
    for rows in torch.arange(DRAWS).split(max(1, AT_ONCE // len(values))):
        means.append(values[torch.randint(0, len(values), (len(rows), len(values)), generator=draws)].mean(1))
    return interval(torch.cat(means), values.mean().item(), len(values), unit)


def interval(means: Tensor, value: float, n: int, unit: str = "") -> Figure:
    """A mean with the interval that 95 % of those of redrawn items lie in."""
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.double)).tolist()
    return Figure(value, n, unit, min(low, value), max(high, value))


def jackknife(
    of: Callable[[Tensor, Tensor], float], one: Tensor, other: Tensor, seed: int, *, floor: float = float("-inf")
) -> Figure:
    """A figure of two sets of items with a 95 % interval by leaving out a tenth of both at a time (Tukey 1958).

    For figures whose bias depends on how many different items there are, which a bootstrap changes and this hardly
    does. n is the size of the smaller set.
    """
    value = of(one, other)
    places = [torch.randperm(len(side), generator=generator(seed, 0, "jackknife")) % GROUPS for side in (one, other)]
    left = [of(one[places[0] != group], other[places[1] != group]) for group in range(GROUPS)]
    spread = torch.tensor(left, dtype=torch.double)
    error = ((GROUPS - 1) / GROUPS * (spread - spread.mean()).square().sum()).sqrt().item()
    reach = T_95 * error
    return Figure(value, min(len(one), len(other)), "", max(floor, value - reach), value + reach)
