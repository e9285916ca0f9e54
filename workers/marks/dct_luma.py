"""Watermark for images: one keyed chip per low and middle frequency of the whole picture's luminance.

Which chip is where: luma_spectrum.py. How chips are pushed: luma_push.py. Here stands what is asked of a mark: how hard
each picture is marked, and how it is found again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.contracts import Plugin, knob
from workers.marks.luma_push import RUNGS, Pushed, Stack, Weighed, foreseen, kept_at_half, searched
from workers.marks.luma_spectrum import LARGEST_SIDE, chips, geometry, influence, luminance
from workers.marks.statistic import MILLION_JOBS_Z

ALONE_PX = 64
CLEARS_Z = MILLION_JOBS_Z + 0.5  # in copies that are computed without the picture library
COMES_ABOUT = 0.88  # of the z that is foreseen
AT_ONCE_PX = 65_536  # pixels that are marked together: they fit into the processor's cache

TRANSPARENT = 4  # channels of a picture that has transparency

Picture = NDArray[np.uint8]  # (H, W, C)


def colours(item: Picture) -> Picture:
    """The colour part of a picture (..., H, W, C): the mark lies in it, transparency stays as it was made."""
    return item[..., :3] if item.shape[-1] == TRANSPARENT else item


def psnr_db(one: Picture, other: Picture) -> float:
    """Peak signal-to-noise ratio of two pictures of one shape in dB; 99 where they are equal."""
    error = float(np.mean((one.astype(np.float32) - other.astype(np.float32)) ** 2))
    return 99.0 if error == 0 else 10 * float(np.log10(255**2 / error))


def error_of(psnr: float) -> float:
    """The mean squared error that a PSNR in dB stands for."""
    return float(255**2 / 10 ** (psnr / 10))


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

    def layout(self, item_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The size (H, W): only pictures of one size are judged as a set."""
        return tuple(item_shape[:2])

    def pattern(self, key: bytes, item_shape: tuple[int, ...]) -> NDArray[np.int8]:
        """The signs (n,) of a job key, as many as pictures of about this size need."""
        return chips(key, geometry(*item_shape[:2]).size)

    def evidence(self, item: Picture) -> NDArray[np.float64]:
        """What a picture (H, W, C) says about each chip, (n,), each within +-6; 0 where it has no such chip."""
        shape = geometry(*item.shape[:2])
        told = np.zeros(shape.size)
        told[shape.numbers] = influence(shape.spectrum(luminance(item))[shape.band])
        return told

    def together(self, summed: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum: the pictures of a set mostly cancel out, the marks add up."""
        return summed

    def cost(self, item: Picture, marked: Picture) -> dict[str, float]:
        """How close the marked picture is to the one that was made."""
        return {"psnr_db": round(psnr_db(colours(item), colours(marked)), 1)}

    def readings(self, item: Picture) -> list[Picture]:
        """The picture as it came, and at twice its size in case it is a half-size copy: one hypothesis each."""
        height, width = item.shape[:2]
        if min(height, width) < ALONE_PX or max(height, width) >= LARGEST_SIDE:
            return [item]  # too small to be judged alone even so; or large enough to carry every chip as it is
        seen = colours(item)
        picture = Image.fromarray(seen.squeeze(2) if seen.shape[2] == 1 else seen)
        twice = picture.resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
        return [item, np.asarray(twice).reshape(2 * height, 2 * width, seen.shape[2])]

    def embed(self, item: Picture, key: bytes) -> Picture:
        """The marked picture (H, W, C)."""
        return self.embed_many([item], key)[0]

    def embed_many(self, items: Sequence[Picture], key: bytes) -> list[Picture]:
        """The marked pictures, each (H, W, C).

        Judged alone: with the faintest mark that is foreseen to clear a million jobs after half the size, and does
        clear them there and after JPEG 75; where that would cost more than `least_psnr_db`, the strongest that does
        not. Judged in a set: the strongest within `set_psnr_db`.
        """
        marked = list(items)
        for places in _alike(items):
            pixels = np.stack([items[place] for place in places])  # (N, H, W, C)
            stack = Stack.of(colours(pixels), self.pattern(key, items[places[0]].shape))
            made = self._alone(stack) if self.judges_alone(items[places[0]].shape) else self._in_a_set(stack)
            if pixels.shape[-1] == TRANSPARENT:
                made = np.concatenate([made, pixels[..., -1:]], axis=-1)
            for place, one in zip(places, made, strict=True):
                marked[place] = one
        return marked

    def _alone(self, stack: Stack) -> NDArray[np.uint8]:
        """(N, H, W, C): from the foreseen rung upwards until it survives, or downwards until it may be afforded."""
        z = COMES_ABOUT * foreseen(stack.signed, kept_at_half(*stack.luma.shape[1:]))  # (N, rungs)
        clears = z >= CLEARS_Z
        begin = np.where(clears.any(axis=1), clears.argmax(axis=1), len(RUNGS) - 1)

        def judge(pushed: Pushed) -> Weighed:
            dear = pushed.error > error_of(self.least_psnr_db)
            return dear, ~dear & pushed.survives(stack.signs, CLEARS_Z)

        return searched(stack, begin, judge, lambda rungs, low, high: np.clip(rungs, low, high))

    def _in_a_set(self, stack: Stack) -> NDArray[np.uint8]:
        """(N, H, W, C): the strongest that may be afforded, by bisection."""

        def judge(pushed: Pushed) -> Weighed:
            dear = pushed.error > error_of(self.set_psnr_db)
            return dear, np.zeros_like(dear)

        begin = np.full(len(stack.luma), (len(RUNGS) - 1) // 2)
        return searched(stack, begin, judge, lambda rungs, low, high: (low + high) // 2)


def _alike(items: Sequence[Picture]) -> Iterator[list[int]]:
    """The places of pictures of one size and as many channels, as many at a time as are marked together."""
    sizes: dict[tuple[int, ...], list[int]] = {}
    for place, item in enumerate(items):
        sizes.setdefault(item.shape, []).append(place)
    for shape, places in sizes.items():
        most = max(1, AT_ONCE_PX // (shape[0] * shape[1]))
        yield from (places[at : at + most] for at in range(0, len(places), most))


PLUGIN = DctLuma
