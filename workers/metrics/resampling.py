"""Intervals by resampling: how much a figure would move with another draw of items."""

from __future__ import annotations

import torch
from torch import Tensor

from workers.contracts import Figure
from workers.engine.streams import generator

DRAWS = 1000


def share(hits: Tensor, seed: int) -> Figure:
    """The mean of (N,) yes-or-no values with its 95 % bootstrap percentile interval (Efron 1979)."""
    values = hits.double()
    chosen = torch.randint(0, len(values), (DRAWS, len(values)), generator=generator(seed, 0, "bootstrap"))
    low, high = values[chosen].mean(1).quantile(torch.tensor([0.025, 0.975], dtype=torch.double)).tolist()
    return Figure(value=values.mean().item(), n=len(values), low=low, high=high)
