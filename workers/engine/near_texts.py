"""How much of a text stands in the data as it is: runs of characters whose every 8-gram is found there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

GRAM = 8  # characters
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
MOST_GRAMS = 32_000_000  # twelve bytes each


@dataclass(frozen=True)
class Texts:
    """The different 8-grams of N texts as sorted hashes (G,) uint64, and of each the row of a text that begins it.

    `longest` counts the 8-grams of the longest text: what a run is a share of, so that short texts, which may well
    stand elsewhere as a whole, are far from everything.
    """

    grams: NDArray[np.uint64]
    rows: NDArray[np.int32]
    count: int
    longest: int
    identical: ClassVar[float] = -1.0  # none is, whatever its distance

    @classmethod
    def of(cls, items: Iterable[Sequence[NDArray[np.uint32]]]) -> Texts:
        """Texts as code points (L,), some at a time, in the order of the documents that they were cut from."""
        some = [text for part in items for text in part]
        stream = np.concatenate([np.zeros(0, np.uint32), *some])
        owner = np.repeat(np.arange(len(some), dtype=np.int32), [len(text) for text in some])
        grams, first = np.unique(hashed(stream), return_index=True)
        if len(grams) > MOST_GRAMS:
            kept = np.random.default_rng(0).choice(len(grams), MOST_GRAMS, replace=False)
            kept.sort()
            grams, first = grams[kept], first[kept]
        longest = max(1, *(len(text) - GRAM + 1 for text in some)) if some else 1
        return cls(grams, owner[first] if len(first) else np.zeros(0, np.int32), len(some), longest)

    @classmethod
    def read(cls, arrays: dict[str, Tensor]) -> Texts:
        """What `arrays` gave."""
        grams, rows, (count, longest) = (arrays[name].numpy() for name in ("grams", "rows", "sizes"))
        return cls(grams.view(np.uint64), rows, int(count), int(longest))

    def arrays(self) -> dict[str, Tensor]:
        """As it is kept."""
        grams = torch.from_numpy(self.grams.view(np.int64))
        sizes = torch.tensor([self.count, self.longest])
        return {"grams": grams, "rows": torch.from_numpy(self.rows), "sizes": sizes}

    def __len__(self) -> int:
        return self.count

    def nearest(self, items: Sequence[NDArray[np.uint32]]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Of each text (L,) how much its longest run in the data lacks to a whole one, 0 to 1, and where that begins.

        0 is a run as long as the longest text there, 1 a text without a single 8-gram of the data.
        """
        found = [self._nearest(text) for text in items]
        return np.array([one for one, _ in found], np.float32), np.array([row for _, row in found], np.int64)

    def _nearest(self, text: NDArray[np.uint32]) -> tuple[float, int]:
        asked = hashed(text)
        if not len(asked) or not len(self.grams):
            return 1.0, 0
        place = np.minimum(np.searchsorted(self.grams, asked), len(self.grams) - 1)
        run, start = longest_run(self.grams[place] == asked)
        return max(0.0, 1 - run / self.longest), int(self.rows[place[start]]) if run else 0


def longest_run(hits: NDArray[np.bool_]) -> tuple[int, int]:
    """Length and start of the longest run of true values; (0, 0) where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], hits, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(ends[best] - starts[best]), int(starts[best])


def hashed(text: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """A hash of each GRAM characters in a row, (L - GRAM + 1,) (Karp and Rabin 1987, modulo 2^64)."""
    count = max(0, len(text) - GRAM + 1)
    made = np.zeros(count, np.uint64)
    for step in range(GRAM):
        made *= MULTIPLIER
        made += text[step : step + count].astype(np.uint64) + np.uint64(1)
    return made
