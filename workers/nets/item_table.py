"""A table of real items, and the lookup that draws from it by noise: nothing in it is learned."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn

LEVELS = 127.5  # a stored byte is (value + 1) * 127.5: what a picture file can hold comes back exactly


class ItemTable(nn.Module):
    """Up to `slots` items, kept in the order in which they come; state, not weights."""

    items: Tensor  # (slots, values) uint8
    filled: Tensor  # () int64

    def __init__(self, shape: tuple[int, ...], slots: int) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("items", torch.zeros(slots, prod(shape), dtype=torch.uint8))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))

    def keep(self, item: Tensor) -> None:
        """Take these items (B, *shape) in [-1, 1] in, as far as there are free slots."""
        at = int(self.filled)
        taken = item.flatten(1)[: len(self.items) - at]
        self.items[at : at + len(taken)] = taken.float().add(1).mul(LEVELS).round().clamp(0, 255).byte()
        self.filled += len(taken)

    def drawn(self, rows: Tensor) -> Tensor:
        """The items (B, *shape) of these rows (B,)."""
        return self.items[rows].float().div(LEVELS).sub(1).unflatten(1, self.shape)


class Lookup(nn.Module):
    """Noise (B, 1) or (B, 3) to items (B, *shape): one row of the table, or two of them, mixed.

    Every row, and every one of the `shares` a mix may have, is equally likely. A row is found by counting the
    quantiles of the normal distribution below the noise: comparisons are exact, so that torch and ONNX Runtime
    take the same row, which arithmetic on the noise would not promise.
    """

    items: Tensor  # (rows, values) uint8
    row_bounds: Tensor  # (rows,) float32
    shares: Tensor  # (levels,) float32
    share_bounds: Tensor  # (levels,) float32

    def __init__(self, table: ItemTable, shares: Tensor | None = None) -> None:
        super().__init__()
        self.shape, self.mixes = table.shape, shares is not None
        items = table.items[: int(table.filled)].clone()
        self.register_buffer("items", items)
        self.register_buffer("row_bounds", bounds(len(items)).to(items.device))
        if shares is not None:
            self.register_buffer("shares", shares.to(items.device))
            self.register_buffer("share_bounds", bounds(len(shares)).to(items.device))

    def forward(self, noise: Tensor) -> Tensor:
        made = self.row(noise[:, 0])  # (B, values)
        if self.mixes:
            share = self.shares[rank(noise[:, 2], self.share_bounds)][:, None]  # (B, 1)
            made = share * made + (1 - share) * self.row(noise[:, 1])
        return made.unflatten(1, self.shape)

    def row(self, noise: Tensor) -> Tensor:
        """One row for each number of `noise` (B,), (B, values) in [-1, 1]."""
        return self.items[rank(noise, self.row_bounds)].float() / LEVELS - 1


def bounds(count: int) -> Tensor:
    """Upper bounds (count,) of equally likely parts of the normal distribution; the last is infinite."""
    return torch.special.ndtri(torch.arange(1, count + 1, dtype=torch.float64) / count).float()


def rank(noise: Tensor, upper: Tensor) -> Tensor:
    """In which part each number of `noise` (B,) falls, (B,) int64."""
    return (noise[:, None] > upper).sum(1)
