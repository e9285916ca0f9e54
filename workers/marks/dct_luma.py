"""Watermark for images: one keyed chip per low and middle frequency of the whole picture's luminance.

Embedding is spread spectrum with side information (Cox et al. 1997; Miller, Doerr and Cox 2004): a coefficient that
is near zero, or on the right side already, is pushed until sign * coefficient >= T; one that the picture itself drives
far to the wrong side is left alone, because turning it would cost more than it tells. So the detector does not listen
to large coefficients either: its influence rises to 6 and falls back to zero at 18 (a redescending estimator, Hampel
1974). Against a plain clip at 6 that took the z of 64 MNIST digits of 32 px from 6 to 12.

**Canonical geometry.** Chip (u, v) belongs to u half waves down and v half waves across the *whole* picture, so it is
the same chip in a copy of another size. A picture with sides h, w carries the chips with u < h/2, v < w/2 and
hypot(u/h, v/w) >= 0.08, where sides above 256 px count as 256. Chips are numbered by shells of max(u, v): a small
picture's pattern is a prefix of a large one's, and one call of SHAKE-256 per job key serves every size.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.contracts import Plugin, knob
from workers.marks.statistic import MILLION_JOBS_Z, score

CONTEXT = b"dct_luma/1|"  # a change of chips or numbering is a new scheme with a new name
LARGEST_SIDE = 256
LOWEST_RADIUS = 0.08
ALONE_PX = 64
RISE, FALL = 6.0, 18.0
PASSES = 6
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601
RUNGS = ((3, 3), (4, 4), (5, 5), (6, 6), (6, 9), (8, 10), (8, 14), (9, 20))  # (target, reach) of `push`, rising cost
MARGIN_Z = 0.5
MANY_CHIPS = 4_000  # from 128 px on the faintest rung is mostly enough
EIGHT_SIGNS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.int8) * 2 - 1  # of each byte

Plane = NDArray[np.float32]  # (H, W)


@dataclass(frozen=True)
class Geometry:
    """The chips of one picture size: cosine rows (K, H), (L, W), the band (K, L), and each chip's number (n,)."""

    down: Plane
    across: Plane
    band: NDArray[np.bool_]
    numbers: NDArray[np.int64]

    def spectrum(self, luma: Plane) -> Plane:
        """Orthonormal DCT-II coefficients (K, L) of a picture (H, W)."""
        return (self.down @ luma @ self.across.T).astype(np.float32, copy=False)

    def picture(self, spectrum: Plane) -> Plane:
        """The picture (H, W) that has these coefficients (K, L) and no others."""
        return (self.down.T @ spectrum @ self.across).astype(np.float32, copy=False)


def cosines(count: int, side: int) -> Plane:
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
    numbers = shell**2 + np.where(u <= v, u, shell + 1 + v)  # the shell, its column from above, then its row
    return Geometry(cosines(h // 2, height), cosines(w // 2, width), band, numbers[band])


@lru_cache(maxsize=65_536)
def chips(key: bytes, count: int) -> bytes:
    """The first `count` chips of a job key, eight a byte."""
    return hashlib.shake_256(CONTEXT + key).digest((count + 7) // 8)


def luminance(item: NDArray[np.generic]) -> Plane:
    """Luma of a picture (H, W, C) with one, three or four channels, as (H, W)."""
    if item.shape[2] < 3:
        return item[..., 0].astype(np.float32)
    plane = item[..., 0] * LUMA[0]
    for channel in (1, 2):
        plane += item[..., channel] * LUMA[channel]  # one at a time: a large picture is not held thrice
    return plane


def masking(luma: Plane) -> Plane:
    """How much each pixel hides, 0.3 to 1: the standard deviation of its 3 x 3 neighbourhood over 8."""
    mean, square = neighbourhood(luma), neighbourhood(luma * luma)
    return np.clip(np.sqrt(np.maximum(square - mean * mean, 0)) / 8, 0.3, 1)


def neighbourhood(plane: Plane) -> Plane:
    """The mean of each pixel's 3 x 3 neighbourhood."""
    wide = np.pad(plane, 1, mode="edge")
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9


def influence(coefficients: NDArray[np.floating]) -> NDArray[np.float64]:
    """What a coefficient tells: itself up to 6, less and less up to 18, nothing beyond."""
    size = np.abs(coefficients)
    return np.sign(coefficients) * np.clip(np.minimum(size, RISE * (FALL - size) / (FALL - RISE)), 0, RISE)


def psnr_db(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two pictures of one shape in dB; 99 where they are equal."""
    error = float(np.mean((one.astype(np.float32) - other.astype(np.float32)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


def copies(item: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """What an item is marked to survive alone: half the size and back, and JPEG at quality 75."""
    picture = Image.fromarray(item.squeeze(2) if item.shape[2] == 1 else item)
    width, height = picture.size
    half = picture.resize((width // 2, height // 2), Image.Resampling.BICUBIC)
    yield np.asarray(half.resize(picture.size, Image.Resampling.BICUBIC)).reshape(item.shape)
    with io.BytesIO() as file:
        picture.save(file, "JPEG", quality=75)
        yield np.asarray(Image.open(file)).reshape(item.shape)


class DctLuma(Plugin):
    """Keyed chips on the luminance spectrum (contracts.Watermark)."""

    name: ClassVar[str] = "dct_luma"
    title: ClassVar[str] = "Luminance watermark"
    title_zh: ClassVar[str] = "亮度水印"
    summary: ClassVar[str] = (
        "Survives JPEG, noise and, from 128 px on, resizing; not rotation, cropping or regeneration."
    )
    summary_zh: ClassVar[str] = "可抵抗 JPEG、噪声，128 像素以上可抵抗缩放；不抵抗旋转、裁剪与重新生成。"
    modality: ClassVar[str] = "image"
    acts: ClassVar[Literal["after", "during"]] = "after"
    single_item: ClassVar[str] = f"both sides {ALONE_PX} px or more; below that only a set of items is judged"

    set_psnr_db: float = knob(
        42.0,
        low=36.0,
        high=50.0,
        title="PSNR below 64 px",
        title_zh="小图 PSNR",
        unit="dB",
        help="How close a small picture stays to its original. Lower is found in smaller sets, and is easier to see.",
        help_zh="小图与原图的接近程度。越低越容易在小批量中检出，也越容易看见。",
    )
    least_psnr_db: float = knob(
        36.0,
        low=30.0,
        high=50.0,
        title="Least PSNR",
        title_zh="最低 PSNR",
        unit="dB",
        help="A picture that is judged alone is marked harder only while it stays this close to the original.",
        help_zh="可单独判定的图像只在与原图保持该接近程度时才加强水印。",
    )

    def judges_alone(self, item_shape: tuple[int, ...]) -> bool:
        """Whether one picture (H, W, C) may be judged by itself."""
        return min(item_shape[:2]) >= ALONE_PX

    def pattern(self, key: bytes, item_shape: tuple[int, ...]) -> NDArray[np.int8]:
        """The signs (n,) of a job key on pictures of this shape."""
        numbers = geometry(*item_shape[:2]).numbers
        count = int(numbers.max(initial=-1)) + 1
        signs = EIGHT_SIGNS[np.frombuffer(chips(key, count), np.uint8)].ravel()
        return signs[numbers]

    def evidence(self, item: NDArray[np.uint8]) -> NDArray[np.float64]:
        """What a picture (H, W, C) says about each chip, (n,), each within +-6."""
        shape = geometry(*item.shape[:2])
        return influence(shape.spectrum(luminance(item))[shape.band])

    def readings(self, item: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """The picture as it came, and at twice its size in case it is a half-size copy: one hypothesis each."""
        height, width = item.shape[:2]
        if min(height, width) < ALONE_PX or max(height, width) >= LARGEST_SIDE:
            return [item]  # too small to be judged alone even so; or large enough to carry every chip as it is
        picture = Image.fromarray(item.squeeze(2) if item.shape[2] == 1 else item)
        twice = picture.resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
        return [item, np.asarray(twice).reshape(2 * height, 2 * width, item.shape[2])]

    def embed(self, item: NDArray[np.uint8], key: bytes) -> NDArray[np.uint8]:
        """The marked picture (H, W, C), by bisection over the rungs.

        Judged alone: the faintest mark that still clears a million jobs in each of `copies`, or, where that would cost
        more than `least_psnr_db`, the strongest that does not. Judged in a set: the strongest within `set_psnr_db`.
        """
        pattern, shape = self.pattern(key, item.shape), geometry(*item.shape[:2])
        signs = np.zeros(shape.band.shape, dtype=np.float32)  # (K, L)
        signs[shape.band] = pattern
        alone = self.judges_alone(item.shape)
        floor_db = self.least_psnr_db if alone else self.set_psnr_db
        low, high = 0, len(RUNGS) - 1
        survivor = strongest = None
        rung = 0 if len(pattern) >= MANY_CHIPS else high // 2  # the rung that mostly does
        while low <= high:
            marked = push(item, signs, *RUNGS[rung])
            if psnr_db(item, marked) < floor_db:
                high = rung - 1
            elif alone and self._survives(marked, pattern):
                survivor, high = marked, rung - 1
            else:
                strongest, low = marked, rung + 1
            rung = (low + high) // 2
        best = strongest if survivor is None else survivor
        return push(item, signs, *RUNGS[0]) if best is None else best

    def _survives(self, marked: NDArray[np.uint8], pattern: NDArray[np.int8]) -> bool:
        return all(score(pattern, self.evidence(copy)) >= MILLION_JOBS_Z + MARGIN_Z for copy in copies(marked))


def push(item: NDArray[np.uint8], signs: Plane, target: float, reach: float) -> NDArray[np.uint8]:
    """Push chips (K, L) with sign * coefficient > -reach to `target`, where the picture hides it.

    Rounding and clipping at black and white undo part of a push: each pass asks again for what is missing.
    """
    shape, original = geometry(*item.shape[:2]), item.astype(np.float32)
    luma = luminance(item)
    hidden, moved, marked = masking(luma), np.zeros_like(luma), item
    pushed = shape.band & (signs * shape.spectrum(luma) > -reach)
    for _ in range(PASSES):
        missing = np.where(pushed, np.maximum(target - signs * shape.spectrum(luminance(marked)), 0), 0)
        moved += hidden * shape.picture(signs * missing)
        marked = np.clip(np.rint(original + moved[..., None]), 0, 255).astype(np.uint8)
    return marked


PLUGIN = DctLuma
