"""The signs of many jobs, eight a byte, so that one piece of evidence is held against all of them at once.

In blocks of 1,024 jobs, (words, 1024) uint64: the first words of all jobs of a block lie together, and a short pattern
is the beginning of a long one. In memory, or mapped from a file (sign_files.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Watermark

JOBS = 1024  # of a block
BITS = 64  # of a word
LEVELS = 2  # bits of a weight: told in three steps, evidence still says 95 to 99 % of what it says
LOUD = 2.0  # times the root mean square: what says more than this says no more
TOGETHER = 16  # words of a block that are looked at together: they fit into the processor's cache

Words = NDArray[np.uint64]
Evidence = NDArray[np.floating]
KeyOf = Callable[[int], bytes]  # the mark key of a job, by its number


@dataclass(frozen=True)
class Scheme:
    """How a mark makes signs of a key, for items of a shape that needs `words` of them, 64 signs each."""

    mark: Watermark
    shape: tuple[int, ...]
    words: int

    @classmethod
    def of(cls, mark: Watermark, shape: tuple[int, ...]) -> Scheme:
        """That of a mark for items of this shape."""
        return cls(mark, shape, -(-len(mark.pattern(bytes(32), shape)) // BITS))

    def signs(self, key: bytes) -> Words:
        """The signs of a key, (words,)."""
        return packed(self.mark.pattern(key, self.shape) > 0, self.words)

    @property
    def digest(self) -> bytes:
        """16 bytes that change with whatever the scheme makes of a key."""
        return hashlib.sha256(self.mark.name.encode() + self.signs(bytes(32)).tobytes()).digest()[:16]


def packed(bits: NDArray[np.bool_], words: int) -> Words:
    """Bits (n,) as (words,), zeros behind them."""
    out = np.zeros(words * BITS // 8, np.uint8)
    out[: -(-len(bits) // 8)] = np.packbits(bits)
    return out.view(np.uint64)


@dataclass
class SignTable:
    """The signs of `count` jobs in `blocks` (B, words, JOBS)."""

    scheme: Scheme
    blocks: Words
    count: int = 0

    @classmethod
    def made(cls, scheme: Scheme, count: int, key_of: KeyOf) -> SignTable:
        """One in memory."""
        table = cls(scheme, np.zeros((blocks_for(count), scheme.words, JOBS), np.uint64))
        table.grow(count, key_of)
        return table

    def grow(self, count: int, key_of: KeyOf) -> None:
        """The signs of the jobs up to `count`, for whom there is room."""
        for number in range(self.count // JOBS, blocks_for(count)):
            begin, end = max(self.count, number * JOBS), min(count, (number + 1) * JOBS)
            signs = np.stack([self.scheme.signs(key_of(job)) for job in range(begin, end)])
            self.blocks[number, :, begin - number * JOBS : end - number * JOBS] = signs.T
        self.count = count

    def likeliest(self, evidence: Evidence, most: int) -> NDArray[np.intp]:
        """The numbers of the `most` jobs whose signs agree best with evidence (n,), roughly weighted.

        The weight of a word's bits is told in planes, so agreement is a count of bits. Who is likeliest among these,
        and how likely, has to be computed from the key; a false-positive rate holds for every job that was looked at.
        """
        if self.count <= most:
            return np.arange(self.count)
        positive, planes = levels(evidence)
        used = np.flatnonzero(planes.any(axis=0))
        agreed = np.zeros((len(self.blocks), JOBS), np.int32)
        agreeing, counted, bits = (np.empty((TOGETHER, JOBS), kind) for kind in (np.uint64, np.uint64, np.uint8))
        for at in range(0, len(used), TOGETHER):
            words, rows = used[at : at + TOGETHER], len(used[at : at + TOGETHER])
            held = slice(words[0], words[-1] + 1) if words[-1] + 1 - words[0] == rows else words
            against, weights = ~positive[words, None], planes[:, words, None]
            for block, here in zip(np.asarray(self.blocks), agreed, strict=True):
                np.bitwise_xor(block[held], against, out=agreeing[:rows])
                for level in range(LEVELS):
                    np.bitwise_and(agreeing[:rows], weights[level], out=counted[:rows])
                    np.bitwise_count(counted[:rows], out=bits[:rows])
                    here += np.add.reduce(bits[:rows], axis=0, dtype=np.uint16).astype(np.int32) << level
        return np.argpartition(agreed.ravel()[: self.count], -most)[-most:]


def blocks_for(count: int) -> int:
    """How many blocks so many jobs fill."""
    return -(-count // JOBS)


def levels(evidence: Evidence) -> tuple[Words, Words]:
    """Where evidence (n,) is positive, (words,), and how much it says: bit b of its level, (LEVELS, words)."""
    size, words = np.abs(evidence), -(-len(evidence) // BITS)
    told = size[size > 0]
    full = min(float(told.max()), LOUD * float(np.sqrt(np.mean(told**2)))) if len(told) else 1.0
    level = np.minimum(np.rint(size * ((1 << LEVELS) - 1) / full), (1 << LEVELS) - 1).astype(np.uint8)
    return packed(evidence > 0, words), np.stack([packed((level >> bit) & 1 > 0, words) for bit in range(LEVELS)])
