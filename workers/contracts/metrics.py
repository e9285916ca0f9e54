"""Metrics: figures of what was made beside what is real."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from workers.contracts.data import Fields, Spec

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class Metric(Protocol):
    """A measure of generated against real items.

    One with `while_training` = "shown" or "judges" is also taken on a schedule while a model learns, against at most
    2,000 unseen items; the first that judges, in alphabetical order, says which weights were best. One with
    `needs_classes` = "data" or "model" is refused beforehand of data without classes, or of a model that is not told
    any, too. `toy` are parameters under which the contract tests run it.
    """

    name: ClassVar[str]
    modalities: ClassVar[tuple[str, ...]]
    better: ClassVar[Literal["higher", "lower", "none"]]
    headline: ClassVar[str]  # the figure that `better` speaks of

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]: ...


class Items(Protocol):
    """A split of a data set, which may be too large to be in memory as fields all at once."""

    def __len__(self) -> int: ...
    def fields(self, rows: Tensor) -> Fields:
        """These items, (B, ...)."""
        ...

    def blocks(self) -> Iterator[Fields]:
        """All items in their order, (b, ...) at a time."""
        ...


UNSAID = Spec("", ())


@dataclass(frozen=True)
class Sample:
    """Items to measure: `fields` as a family sees them (B, ...), `train` more real items a metric may learn from."""

    fields: Fields
    train: Items | None = None
    spec: Spec = UNSAID  # what the items look like: kinds of fields, classes, names of tokens


@dataclass(frozen=True)
class Figure:
    """One number with its unit, its sample count and, where resampling gives one, its 95 % interval."""

    value: float
    n: int
    unit: str = ""
    low: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON with the keys value, low, high, n, unit."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n, "unit": self.unit}


@dataclass(frozen=True)
class Pair:
    """A made item and the real one it is nearest to; whoever sees it sees the data."""

    made: np.ndarray
    real: np.ndarray
    distance: float


@runtime_checkable
class Pairs(Protocol):
    """A metric that can show what it found."""

    def measure_and_pair(self, real: Sample, made: Sample, seed: int) -> tuple[dict[str, Figure], list[Pair]]:
        """What `measure` returns, and a few pairs, nearest first."""
        ...
