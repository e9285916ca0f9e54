"""Balls around items of a set, each as wide as the way to its k-th neighbour; some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

AT_ONCE = 8_000_000  # distances that are in memory at once


def reaches(others: Tensor, k: int) -> Tensor:
    """How far the ball around each of (M, F) reaches, (M,): to its k-th neighbour, which it is not itself."""
    found = [torch.cdist(part, others).kthvalue(k + 1, dim=1).values for part in parts(others, len(others))]
    return torch.cat(found)


def within(asked: Tensor, others: Tensor, reach: Tensor) -> tuple[Tensor, Tensor]:
    """In how many balls around `others` (M, F) each of `asked` (N, F) lies, (N,), and which balls have any, (M,)."""
    counts, hit = list[Tensor](), torch.zeros(len(others), dtype=torch.bool)
    for part in parts(asked, len(others)):
        inside = torch.cdist(part, others) <= reach
        counts.append(inside.sum(1))
        hit |= inside.any(0)
    return torch.cat(counts), hit


def parts(asked: Tensor, others: int) -> Iterator[Tensor]:
    """The rows of a set, as many at a time as have AT_ONCE distances to so many others."""
    yield from asked.split(max(1, AT_ONCE // max(1, others)))
