"""Differentiable augmentation for adversarial families on small data (DiffAugment, Zhao et al. 2020).

The discriminator sees every picture, real and made, only after a random change, and the generator learns through it
(eq. 5 and 6). The changes are the paper's (section 4 and appendix A): colour, translation by up to 1/8 of the size,
a cutout of half the size. All are affine in the picture, so a gradient passes each of them, twice if need be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from workers.contracts import Streams, knob

Change = Literal["none", "translation", "translation_cutout", "colour_translation_cutout"]
FARTHEST = 1 / 8  # of the size, that a picture moves
HIDDEN = 1 / 2  # of the size, that a cutout takes

CHOICES: Mapping[str, tuple[str, str]] = {
    "none": ("none", "不使用"),
    "translation": ("shifts", "平移"),
    "translation_cutout": ("shifts and cutouts", "平移与遮挡"),
    "colour_translation_cutout": ("colour, shifts and cutouts", "颜色、平移与遮挡"),
}


def diff_augment(default: Change = "none") -> Any:
    """The knob `diff_augment`."""
    return knob(
        default, title="Changes seen by the discriminator", title_zh="判别器所见的变换", choices=CHOICES,
        advanced=True,
        help="Random changes of every picture, real and made, before the discriminator sees it (DiffAugment): for a "
        "few hundred to a few thousand items, which it would otherwise know by heart.",
        help_zh="判别器看到每张图像（真实与生成）前先作随机变换（DiffAugment）：适合几百至几千张的数据，避免判别器死记硬背。",
    )  # fmt: skip


def changed(picture: Tensor, choice: Change, rng: Streams, name: str) -> Tensor:
    """Pictures (B, C, H, W) in -1..1 as the discriminator sees them; each is changed by draws of its own.

    `name` names the streams: the real and the made pictures of a step are drawn for apart.
    """
    for change in choice.split("_") if choice != "none" else ():
        picture = CHANGES[change](picture, rng, f"{change} of {name}")
    return picture


def recoloured(picture: Tensor, rng: Streams, name: str) -> Tensor:
    """Brightness moved by up to 0.5, saturation scaled by 0 to 2, contrast by 0.5 to 1.5; opacity stays."""
    light, saturation, contrast = rng.uniform(name, len(picture), 3).to(picture).unbind(1)
    picture, opacity = picture[:, :3], picture[:, 3:]
    picture = picture + (light - 0.5)[:, None, None, None]
    grey = picture.mean(1, keepdim=True)
    picture = (picture - grey) * (saturation * 2)[:, None, None, None] + grey
    mean = picture.mean((1, 2, 3), keepdim=True)
    return torch.cat(((picture - mean) * (contrast + 0.5)[:, None, None, None] + mean, opacity), 1)


def translated(picture: Tensor, rng: Streams, name: str) -> Tensor:
    """Moved by whole pixels, up to 1/8 of the size each way; what comes in is the picture's own reflection.

    The paper lets zeros in, a bar of grey that the data may not have. A move is a product with a matrix of zeros and
    ones from either side.
    """
    sizes, share = picture.shape[2:], rng.uniform(name, len(picture), 2).to(picture.device)  # (B, 2)
    down, right = (moves(share[:, axis], size) for axis, size in enumerate(sizes))
    return (down.to(picture)[:, None] @ picture) @ right.to(picture).mT[:, None]


def moves(share: Tensor, size: int) -> Tensor:
    """Matrices (B, size, size) that move by `share` (B,) of all moves there are, from -size/8 to size/8."""
    farthest = int(size * FARTHEST + 0.5)
    by = (share * (2 * farthest + 1)).long() - farthest  # (B,)
    place = torch.arange(size, device=share.device)
    taken = size - 1 - (size - 1 - (place - by[:, None]).abs()).abs()  # (B, to)
    return taken[:, :, None] == place  # (B, to, from)


def cut_out(picture: Tensor, rng: Streams, name: str) -> Tensor:
    """A square of half the size, its centre anywhere, becomes mid-grey, 0."""
    share = rng.uniform(name, len(picture), 2).to(picture.device)
    rows, columns = (covered(share[:, axis], size) for axis, size in enumerate(picture.shape[2:]))
    return picture * ~(rows[:, None, :, None] & columns[:, None, None, :])


def covered(share: Tensor, size: int) -> Tensor:
    """Which of `size` places (B, size) lie under a cut whose centre is at `share` (B,) of the size."""
    half = int(size * HIDDEN + 0.5) // 2
    centre = (share * (size + 1)).long()  # (B,), 0 to size
    apart = torch.arange(size, device=share.device) - centre[:, None]
    return (apart >= -half) & (apart < half)


CHANGES = {"colour": recoloured, "translation": translated, "cutout": cut_out}
