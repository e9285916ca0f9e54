"""Embedding in many pictures of one size at once: what is pushed how far, what that costs, and what survives.

Spread spectrum with side information (Cox et al. 1997; Miller, Doerr and Cox 2004): a coefficient that is near zero, or
on the right side already, is pushed until sign * coefficient >= T; one that the picture itself drives far to the wrong
side is left alone, because turning it would cost more than it tells. So the detector does not listen to large
coefficients either: its influence rises to 6 and falls back to zero at 18 (a redescending estimator, Hampel 1974).
Against a plain clip at 6 that took the z of 64 MNIST digits of 32 px from 6 to 12.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from workers.marks.luma_copies import half_and_back, jpeg, resizing
from workers.marks.luma_spectrum import Geometry, Planes, geometry, influence, luminance

RUNGS = ((3, 3), (4, 4), (5, 5), (6, 6), (6, 9), (8, 10), (8, 14), (9, 20))  # (target, reach) of a push, rising cost
TARGETS, REACHES = (np.array(column, dtype=np.float32)[:, None, None] for column in zip(*RUNGS, strict=True))
PASSES = 3  # more push a little further at the same price in PSNR as a higher rung

Rungs = NDArray[np.int64]  # (N,)
Figures = NDArray[np.float32]  # (N,)
Weighed = tuple[NDArray[np.bool_], NDArray[np.bool_]]  # (N,) each: costs too much, is enough


@dataclass(frozen=True)
class Stack:
    """N pictures of one size and one key: grey values (C, N, H, W), luma and what hides (N, H, W), signs * spectrum
    (N, K, L), and signs (K, L), zero where there is no chip."""

    planes: Planes
    luma: Planes
    hidden: Planes
    signed: Planes
    signs: Planes

    @classmethod
    def of(cls, items: NDArray[np.uint8], pattern: NDArray[np.int8]) -> Stack:
        """Of pictures (N, H, W, C) and the pattern of their job."""
        planes = np.ascontiguousarray(items.transpose(3, 0, 1, 2), dtype=np.float32)
        luma = luma_of(planes)
        shape = geometry(*items.shape[1:3])
        signs = shape.signs(pattern)
        return cls(planes, luma, masking(luma), signs * shape.spectrum(luma), signs)

    @property
    def geometry(self) -> Geometry:
        """Of one of the pictures."""
        return geometry(*self.luma.shape[1:])

    def some(self, which: NDArray[np.int64]) -> Stack:
        """These of the pictures."""
        if len(which) == len(self.luma):
            return self
        return Stack(self.planes[:, which], self.luma[which], self.hidden[which], self.signed[which], self.signs)

    def pushed(self, rungs: Rungs) -> Pushed:
        """Push chips with sign * coefficient > -reach to the target, where the picture hides it.

        Rounding and clipping at black and white undo part of a push: each pass asks again for what is missing.
        """
        shape, moved, marked, signed = self.geometry, np.zeros_like(self.luma), self.planes, self.signed
        asked = np.where((signed > -REACHES[rungs]) & (self.signs != 0), TARGETS[rungs], -np.inf).astype(np.float32)
        for _ in range(PASSES):
            step = shape.picture(np.maximum(asked - signed, 0) * self.signs)
            step *= self.hidden
            moved += step
            marked = self.planes + np.rint(moved)
            np.clip(marked, 0, 255, out=marked)
            luma = luma_of(marked)
            signed = self.signs * shape.spectrum(luma)
        return Pushed(marked, luma, np.mean((marked - self.planes) ** 2, axis=(0, 2, 3)))


@dataclass(frozen=True)
class Pushed:
    """Marked pictures: grey values (C, N, H, W), luma (N, H, W), and the mean squared error (N,) that it cost."""

    planes: Planes
    luma: Planes
    error: Figures

    @property
    def items(self) -> NDArray[np.uint8]:
        """As pictures (N, H, W, C)."""
        return self.planes.transpose(1, 2, 3, 0).astype(np.uint8)

    def survives(self, signs: Planes, needed: float) -> NDArray[np.bool_]:
        """Which of them (N,) reach a z of `needed` in both copies; only what survives one is asked for the other."""
        found = z_of(signs, half_and_back(self.luma)) >= needed
        found[found] = z_of(signs, jpeg(self.luma[found])) >= needed
        return found


def searched(
    stack: Stack, rungs: Rungs, judge: Callable[[Pushed], Weighed], follow: Callable[[Rungs, Rungs, Rungs], Rungs]
) -> NDArray[np.uint8]:
    """The marked pictures (N, H, W, C): for each, the first push that is enough, or else the strongest that is not
    too dear, and the faintest of all where each is.

    `rungs` (N,) are tried first; `follow` says which next, from the last one and the lowest and highest left to try.
    """
    count = len(rungs)
    rungs, low, high = rungs.copy(), np.zeros_like(rungs), np.full_like(rungs, len(RUNGS) - 1)
    marked, affordable = np.empty((count, *stack.luma.shape[1:], len(stack.planes)), np.uint8), np.zeros(count, bool)
    waiting = np.arange(count)
    while len(waiting):
        pushed = stack.some(waiting).pushed(rungs[waiting])
        dear, enough = judge(pushed)
        kept = waiting[~dear]
        marked[kept], affordable[kept] = pushed.items[~dear], True
        low[kept], high[waiting[dear]] = rungs[kept] + 1, rungs[waiting[dear]] - 1
        waiting = waiting[~enough & (low[waiting] <= high[waiting])]
        rungs[waiting] = follow(rungs[waiting], low[waiting], high[waiting])
    if not affordable.all():
        faintest = np.flatnonzero(~affordable)
        marked[faintest] = stack.some(faintest).pushed(np.zeros_like(faintest)).items
    return marked


def z_of(signs: Planes, luma: Planes) -> Figures:
    """The statistic (N,) of pictures (N, H, W) against one pattern."""
    return z_of_signed(signs * geometry(*luma.shape[1:]).spectrum(luma))


def z_of_signed(signed: Planes) -> Figures:
    """The same from signs * spectrum (N, K, L)."""
    told = influence(signed).reshape(len(signed), signed.shape[1] * signed.shape[2])
    length = np.sqrt(np.einsum("nk,nk->n", told, told))
    return np.divide(told.sum(axis=1), length, out=np.zeros_like(length), where=length > 0)


def foreseen(signed: Planes, kept: Planes) -> NDArray[np.float32]:
    """z of each picture after half the size, for each rung (N, R), if every push came about as it was asked for."""
    z = []
    for target, reach in RUNGS:
        told = np.where((signed > -reach) & (signed != 0), np.maximum(signed, np.float32(target)), signed)
        z.append(z_of_signed(told * kept))
    return np.stack(z, axis=1)


@lru_cache(maxsize=16)
def kept_at_half(height: int, width: int) -> Planes:
    """How much of each coefficient (K, L) comes back from half the size."""
    shape = geometry(height, width)
    sides = []
    for rows, side in ((shape.down, height), (shape.across, width)):
        there_and_back = resizing(side // 2, side) @ resizing(side, side // 2)
        sides.append(np.einsum("kh,hg,kg->k", rows, there_and_back, rows))
    return np.outer(*sides).astype(np.float32)


def luma_of(planes: Planes) -> Planes:
    """Luma (N, H, W) of grey values (C, N, H, W)."""
    return planes[0] if len(planes) < 3 else luminance(planes.transpose(1, 2, 3, 0))


def masking(luma: Planes) -> Planes:
    """How much each pixel hides, 0.3 to 1: the standard deviation of its 3 x 3 neighbourhood over 8."""
    mean, square = neighbourhood(luma), neighbourhood(luma * luma)
    return np.clip(np.sqrt(np.maximum(square - mean * mean, 0)) / 8, 0.3, 1)


def neighbourhood(luma: Planes) -> Planes:
    """The mean of each pixel's 3 x 3 neighbourhood, (..., H, W)."""
    edge = [(0, 0)] * (luma.ndim - 2) + [(1, 1), (1, 1)]
    wide = np.pad(luma, edge, mode="edge")
    rows = wide[..., :-2, :] + wide[..., 1:-1, :]
    rows += wide[..., 2:, :]
    mean = rows[..., :-2] + rows[..., 1:-1]
    mean += rows[..., 2:]
    mean /= 9
    return mean
