"""A batch in parts, where it needs more memory than there is or several processes share it: gradients add up.

Losses are per sample, so the mean over the batch is the mean of the parts by their shares, and draws by (seed, step,
name) are those of the whole batch. Two things differ: layers that look across the batch (BatchNorm) see a part of it,
and layers that draw by themselves (dropout) draw for each part anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor

from workers.contracts import Phase
from workers.engine.streams import SeededStreams


@dataclass(frozen=True)
class Part:
    """The items from `low` up to `high`, of `size` in the batch."""

    number: int
    low: int
    high: int
    size: int

    @property
    def share(self) -> float:
        """Its weight in a mean over the batch."""
        return (self.high - self.low) / self.size

    @property
    def layers(self) -> str:
        """The name of the stream that layers draw from."""
        return f"layers {self.number}" if self.number else "layers"


def parts_of(batch_size: int, micro_batch: int = 0, low: int = 0, high: int | None = None) -> list[Part]:
    """The rows from `low` up to `high` of the batch in parts of at most `micro_batch` items; 0 is all at once.

    Numbers of parts differ over the whole batch, also where several processes have rows of it each.
    """
    high = batch_size if high is None else high
    size = min(micro_batch or batch_size, high - low)
    starts = range(low, high, size)
    return [Part(low + place, start, min(start + size, high), batch_size) for place, start in enumerate(starts)]


class PartStreams:
    """The streams of a step for one part (contracts.Streams): its rows of what the whole batch would draw.

    A shape that does not begin with the number of items of the part is no draw for each item, and the same for all.
    """

    def __init__(self, whole: SeededStreams, part: Part) -> None:
        self.whole, self.part = whole, part
        self.seed, self.step = whole.seed, whole.step

    def normal(self, name: str, *shape: int) -> Tensor:
        """Standard normal draws of that shape."""
        return self._rows(shape, lambda wanted: self.whole.normal(name, *wanted))

    def uniform(self, name: str, *shape: int) -> Tensor:
        """Uniform draws in [0, 1) of that shape."""
        return self._rows(shape, lambda wanted: self.whole.uniform(name, *wanted))

    def integers(self, name: str, low: int, high: int, *shape: int) -> Tensor:
        """Integers in [low, high) of that shape."""
        return self._rows(shape, lambda wanted: self.whole.integers(name, low, high, *wanted))

    def _rows(self, shape: tuple[int, ...], draw: Callable[[tuple[int, ...]], Tensor]) -> Tensor:
        part = self.part
        if not shape or shape[0] != part.high - part.low:
            return draw(shape)
        return draw((part.size, *shape[1:]))[part.low : part.high]


class Walk:
    """The phases of a step over the parts of a batch: a phase of all parts, then the next one.

    One part is worked on at a time, and is let go before the next: for a phase after the first a part goes through
    those before it once more, which costs time and keeps no memory. `begin(part)` gives the phases of a part; it
    must give the same each time but for what has been learned meanwhile.
    """

    def __init__(self, parts: list[Part], begin: Callable[[Part], Iterator[Phase]]) -> None:
        self.parts, self.begin, self.place = parts, begin, -1
        self.part, self._open = parts[0], begin(parts[0])

    def next(self) -> Phase | None:
        """The next phase, of the part that is open; None after the last."""
        self.place += 1
        return next(self._open, None)

    def others(self) -> Iterator[Phase]:
        """The same phase of the other parts, each opened when it is asked for; `part` says which it is."""
        for part in [other for other in self.parts if other != self.part]:
            self.part, self._open = part, self.begin(part)
            for _ in range(self.place):
                next(self._open)
            yield next(self._open)
