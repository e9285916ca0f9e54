"""Data sets as fields, some items at a time; of a training, by role: what one batch of all of them is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from workers.contracts import Fields, Spec
from workers.engine.data_order import batch_at

BLOCK = 1024  # items that are fields at once where all are gone through


@dataclass(frozen=True)
class Source:
    """Items as they are stored, raw arrays (N, ...), and how they become fields (contracts.Items)."""

    arrays: Mapping[str, Tensor]
    encode: Callable[[Mapping[str, Tensor]], Fields]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def fields(self, rows: Tensor) -> Fields:
        """These items, (B, ...)."""
        return self.encode({name: array[rows.to(array.device)] for name, array in self.arrays.items()})

    def blocks(self) -> Iterator[Fields]:
        """All items in their order, (b, ...) at a time."""
        for start in range(0, len(self), BLOCK):
            yield self.fields(torch.arange(start, min(start + BLOCK, len(self))))


def joined(specs: Mapping[str, Spec]) -> Spec:
    """The spec a family sees: that of its one data set as it is, of several with their roles before the names."""
    return next(iter(specs.values())) if len(specs) == 1 else Spec.joined(specs)


def batch_of(
    sources: Mapping[str, Source], seed: str, seen: int, size: int, low: int = 0, high: int | None = None
) -> Fields:
    """The batch that follows after `seen` items, or its rows from `low` up to `high`.

    Each data set has an order of its own, the first that of the seed.
    """
    made: Fields = {}
    for place, (role, source) in enumerate(sources.items()):
        rows = batch_at(f"{seed} {role}" if place else seed, seen, size, len(source))[low:high]
        made |= named(role if len(sources) > 1 else "", source.fields(rows))
    return made


def named(role: str, fields: Fields) -> Fields:
    """Fields called `role/name`, or as they are without a role."""
    return {f"{role}/{name}" if role else name: value for name, value in fields.items()}
