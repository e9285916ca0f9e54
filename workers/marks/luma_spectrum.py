"""The luminance spectrum of a picture and its keyed chips: which coefficient is which chip, and how loudly it speaks.

**Canonical geometry.** Chip (u, v) belongs to u half waves down and v half waves across the *whole* picture, so it is
the same chip in a copy of another size. A picture with sides h, w carries the chips with u < h/2, v < w/2 and
hypot(u/h, v/w) >= 0.08, where sides above 256 px count as 256. Chips are numbered by shells of max(u, v): the chips of
a small picture come before those that only a large one has, and one call of SHAKE-256 per job key serves every size.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

CONTEXT = b"dct_luma/1|"  # a change of chips or numbering is a new scheme with a new name
LARGEST_SIDE = 256
LOWEST_RADIUS = 0.08
FEWEST_CHIPS = 64
RISE, FALL = 6.0, 18.0
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
EIGHT_SIGNS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.int8) * 2 - 1  # of each byte

Planes = NDArray[np.float32]  # (..., H, W)


@dataclass(frozen=True)
class Geometry:
    """The chips of one picture size: cosine rows (K, H), (L, W), the band (K, L), and each chip's number (n,).

    `size` is the length of the pattern: the numbers of all chips lie below it.
    """

    down: Planes
    across: Planes
    band: NDArray[np.bool_]
    numbers: NDArray[np.int64]
    size: int

    def spectrum(self, luma: Planes) -> Planes:
        """Orthonormal DCT-II coefficients (..., K, L) of pictures (..., H, W)."""
        return self.down @ (luma @ self.across.T)

    def picture(self, spectrum: Planes) -> Planes:
        """The pictures (..., H, W) that have these coefficients (..., K, L) and no others."""
        return self.down.T @ (spectrum @ self.across)

    def signs(self, pattern: NDArray[np.int8]) -> Planes:
        """A pattern (size,) as signs (K, L), zero outside the band."""
        signs = np.zeros(self.band.shape, dtype=np.float32)
        signs[self.band] = pattern[self.numbers]
        return signs


def cosines(count: int, side: int) -> Planes:
    """The first `count` rows of the orthonormal DCT-II matrix of size `side`."""
    rows = np.sqrt(2 / side) * np.cos(np.pi * (2 * np.arange(side) + 1) * np.arange(count)[:, None] / (2 * side))
    rows[:1] /= np.sqrt(2)
    return rows.astype(np.float32)


@lru_cache(maxsize=16)
def geometry(height: int, width: int) -> Geometry:
    """The geometry of pictures of this size (pixels)."""
    h, w = min(height, LARGEST_SIDE), min(width, LARGEST_SIDE)
    u, v = np.arange(h // 2)[:, None], np.arange(w // 2)[None, :]
    band = np.hypot(u / h, v / w) >= LOWEST_RADIUS
    shell = np.maximum(u, v)
    numbers = (shell**2 + np.where(u <= v, u, shell + 1 + v))[band]  # the shell, its column from above, then its row
    size = FEWEST_CHIPS
    while size <= numbers.max(initial=0):
        size *= 4
    return Geometry(cosines(h // 2, height), cosines(w // 2, width), band, numbers, size)


@lru_cache(maxsize=64)
def chips(key: bytes, count: int) -> NDArray[np.int8]:
    """The first `count` signs of a job key, a multiple of eight."""
    drawn = hashlib.shake_256(CONTEXT + key).digest(count // 8)
    return EIGHT_SIGNS[np.frombuffer(drawn, np.uint8)].ravel()


def luminance(item: NDArray[np.generic]) -> Planes:
    """Luma of pictures (..., H, W, C) with one, three or four channels, as (..., H, W)."""
    if item.shape[-1] < 3:
        return item[..., 0].astype(np.float32)
    plane = item[..., 0] * LUMA[0]
    for channel in (1, 2):
        plane += item[..., channel] * LUMA[channel]  # one at a time: a large picture is not held thrice
    return plane


def influence(coefficients: NDArray[np.floating]) -> NDArray[np.floating]:
    """What a coefficient tells: itself up to 6, less and less up to 18, nothing beyond (Hampel 1974)."""
    size = np.abs(coefficients)
    falling = (FALL - size) * (RISE / (FALL - RISE))
    return np.copysign(np.maximum(np.minimum(np.minimum(size, RISE), falling), 0), coefficients)
