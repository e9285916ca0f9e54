"""How alike made pictures are to each other, beside how alike real ones are (Odena et al. 2017, section 4.2)."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from workers.contracts import Fields, Figure, Plugin, Sample, knob
from workers.engine.streams import generator
from workers.metrics.recognition import NotMeasurable, pictures
from workers.metrics.resampling import mean
from workers.metrics.similarity import ms_ssim

PEAK = 2.0  # pictures are -1..1
BATCH = 128


class MsSsim(Plugin):
    """A model that has collapsed makes pictures more alike than real ones. Noise is less alike, and not better."""

    name: ClassVar[str] = "ms_ssim"
    title: ClassVar[str] = "Likeness among samples (MS-SSIM)"
    title_zh: ClassVar[str] = "样本间相似度（MS-SSIM）"
    summary: ClassVar[str] = "How alike pairs of made pictures are; much above the real ones' means little variety."
    summary_zh: ClassVar[str] = "成对生成图像的相似程度；明显高于真实图像说明多样性不足。"
    modalities: ClassVar[tuple[str, ...]] = ("image",)
    better: ClassVar[Literal["higher", "lower", "none"]] = "none"
    headline: ClassVar[str] = "ms_ssim"

    pairs: int = knob(
        1000,
        low=50,
        high=20_000,
        help="At most so many pairs of each side.",
        help_zh="每一方最多的配对数。",
        title_zh="配对数",
    )

    def measure(self, real: Sample, made: Sample, seed: int) -> dict[str, Figure]:
        """`ms_ssim`, `ms_ssim_real`: means over pairs of items, of one class where both sides have classes."""
        classes = all("condition" in side.fields for side in (real, made))
        return {
            name: mean(likeness(side.fields, self.pairs, seed, classes), seed)
            for name, side in (("ms_ssim", made), ("ms_ssim_real", real))
        }


def likeness(fields: Fields, pairs: int, seed: int, classes: bool) -> Tensor:
    """MS-SSIM of at most so many pairs, (at most pairs,)."""
    images, (first, second) = pictures(fields), paired(fields, pairs, seed, classes)
    parts = zip(first.split(BATCH), second.split(BATCH), strict=True)
    return torch.cat([ms_ssim(images[one], images[other], PEAK) for one, other in parts])


def paired(fields: Fields, pairs: int, seed: int, classes: bool) -> tuple[Tensor, Tensor]:
    """Two rows of places each, at most `pairs`: different items, of the same class where `classes`.

    No item is in two pairs: likenesses that share items would vary less than the interval of their mean takes them to.
    """
    count, draws = len(fields["image"]), generator(seed, 0, "pairs")
    kinds = fields["condition"] if classes else torch.zeros(count, dtype=torch.long)
    order = torch.randperm(count, generator=draws)
    order = order[kinds[order].argsort(stable=True)]  # class by class
    place = torch.arange(count) - torch.searchsorted(kinds[order], kinds[order])  # within the class
    first = ((place % 2 == 0) & (place + 1 < torch.bincount(kinds)[kinds[order]])).nonzero().flatten()
    if not len(first):
        raise NotMeasurable("There are no two items to compare.", field="count", expected="at least 2", got=count)
    first = first[torch.randperm(len(first), generator=draws)[:pairs]]
    return order[first], order[first + 1]


PLUGIN = MsSsim
