"""The data sets of a training, by role: what one batch of all of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from workers.contracts import Fields, Spec
from workers.engine.data_order import batch_at


@dataclass(frozen=True)
class Source:
    """Items as they are stored, raw arrays (N, ...), and how they become fields."""

    arrays: Mapping[str, Tensor]
    encode: Callable[[Mapping[str, Tensor]], Fields]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def fields(self, rows: Tensor) -> Fields:
        """These items, (B, ...)."""
        return self.encode({name: array[rows] for name, array in self.arrays.items()})


def joined(specs: Mapping[str, Spec]) -> Spec:
    """The spec a family sees: that of its one data set as it is, of several with their roles before the names."""
    return next(iter(specs.values())) if len(specs) == 1 else Spec.joined(specs)


def batch_of(sources: Mapping[str, Source], seed: str, seen: int, size: int) -> Fields:
    """The batch that follows after `seen` items: each data set has an order of its own, the first that of the seed."""
    made: Fields = {}
    for place, (role, source) in enumerate(sources.items()):
        rows = batch_at(f"{seed} {role}" if place else seed, seen, size, len(source))
        made |= named(role if len(sources) > 1 else "", source.fields(rows))
    return made


def named(role: str, fields: Fields) -> Fields:
    """Fields called `role/name`, or as they are without a role."""
    return {f"{role}/{name}" if role else name: value for name, value in fields.items()}
