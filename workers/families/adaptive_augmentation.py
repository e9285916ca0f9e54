"""Adaptive discriminator augmentation, for adversarial families on small data (Karras et al. 2020a).

The discriminator sees real and made pictures after random changes, each of which happens with one probability p (the
two turns by any angle count as one). How often it takes real pictures for real says how much it knows them by heart
(eq. 1, r_t), and p follows (section 3). Up to some p = 0.8 the changes do not show in what is made (section 2.2), so p
goes no further. Pictures are sampled bilinearly and reflected at their edge, instead of by the paper's wavelets
(appendix B): cheaper, and a little softer.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, pi
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import affine_grid, grid_sample

from workers.contracts import Phase, Streams, knob
from workers.nets.gauge import EvenSteps

Adaptive = Literal["none", "geometry", "geometry_colour"]
TARGET = 0.6  # r_t that p aims at (section 3)
MOST = 0.8
GEOMETRY, COLOUR = 8, 5  # changes of each sort
TURNS = slice(5, 7)  # of the changes of geometry: by any angle, before and after a stretch
MOVES = 1 / 8  # of the size: the farthest whole move, and the standard deviation of one by fractions
STRETCH = 0.2 * log(2)  # standard deviation of the logarithm of a scale
LIGHT = 0.2  # standard deviation of the brightness
CONTRAST, SATURATION = 0.5 * log(2), log(2)  # standard deviations of logarithms
LUMA = 3**-0.5  # each component of the grey axis of RGB

CHOICES: Mapping[str, tuple[str, str]] = {
    "none": ("none", "不使用"),
    "geometry": ("places and sizes", "几何变换"),
    "geometry_colour": ("places, sizes and colours", "几何与颜色变换"),
}


def adaptive_augmentation(default: Adaptive = "none") -> Any:
    """The knob `adaptive_augmentation`."""
    return knob(
        default, title="Adaptive augmentation", title_zh="自适应增强", choices=CHOICES,
        help="Random changes that the discriminator sees, as many as keep it from knowing the data by heart: for tens "
        "to a few thousand items.",
        help_zh="对判别器所见图像作随机变换，强度自动调整，防止其死记数据：适合几十至几千张图像。",
    )  # fmt: skip


def adaptation_steps(default: int = 4000) -> Any:
    """The knob `adaptation_steps`."""
    return knob(
        default, low=10, high=10_000_000, advanced=True, unit="steps", title="Steps of adaptation",
        title_zh="自适应步数",
        help="Steps in which adaptive augmentation can go from never to always.",
        help_zh="自适应增强从完全不用到始终使用所需的步数。",
    )  # fmt: skip


def optimizer(gauge: Module, steps: int) -> EvenSteps:
    """What moves p: steps of one size, up or down (section 3)."""
    return EvenSteps(gauge, 1 / steps, MOST)


def phase(gauge: Module, on_real: Tensor, name: str = "augmentation") -> Phase:
    """p goes up where the discriminator, by its logits `on_real` (B,), is too sure of real pictures, else down.

    The loss has p as its value, so that the series shows it, and TARGET - sign(logit) as its slope.
    """
    p = gauge().float()
    slope = TARGET - on_real.detach().float().sign()
    return Phase((name,), {name: p.detach() + slope * (p - p.detach())})


def adapted(picture: Tensor, choice: Adaptive, p: Tensor, rng: Streams, name: str) -> Tensor:
    """Pictures (B, C, S, S) as the discriminator sees them, float32; each change of each has the probability `p`."""
    if choice == "none":
        return picture
    picture = picture.float()
    chance = rng.uniform(f"chances of {name}", len(picture), GEOMETRY + COLOUR).to(picture.device)
    happens = chance < chances(p.detach())  # (B, changes)
    places = places_of(happens[:, :GEOMETRY], picture.shape[-1], rng, name)
    moved = grid_sample(
        picture, affine_grid(places[:, :2], list(picture.shape), align_corners=False), padding_mode="reflection",
        align_corners=False,
    )  # fmt: skip
    changes = happens[:, :GEOMETRY].any(1)[:, None, None, None]
    picture = torch.where(changes, moved, picture)
    return recoloured(picture, happens[:, GEOMETRY:], rng, name) if choice == "geometry_colour" else picture


def chances(p: Tensor) -> Tensor:
    """How likely each change is, (changes,): `p`, and of either turn so much that one of them at least has `p`.

    Turns by any angle would show in what is made if hardly a picture were left upright (appendix B).
    """
    found = p.expand(GEOMETRY + COLOUR).clone()
    found[TURNS] = 1 - (1 - p).sqrt()
    return found


def places_of(happens: Tensor, size_px: int, rng: Streams, name: str) -> Tensor:
    """Where each picture is looked at, matrices (B, 3, 3) of places in -1..1; `happens` (B, GEOMETRY)."""
    count = len(happens)
    share = rng.uniform(f"shares of {name}", count, 6).to(happens.device)
    normal = rng.normal(f"sizes of {name}", count, 4).to(happens.device)
    mirror = torch.where(happens[:, 0] & (share[:, 0] < 0.5), -1.0, 1.0)
    turn = (share[:, 1] * 4).floor() * (pi / 2) * happens[:, 1]
    whole = ((share[:, 2:4] * 2 - 1) * MOVES * size_px).round() * (2 / size_px) * happens[:, 2:3]
    scale = (normal[:, 0] * STRETCH * happens[:, 3]).exp()
    stretch = (normal[:, 1] * STRETCH * happens[:, 4]).exp()
    before, after = ((share[:, 4 + one] * 2 - 1) * pi * happens[:, 5 + one] for one in (0, 1))
    parts = normal[:, 2:4] * (2 * MOVES) * happens[:, 7:8]
    one = torch.ones_like(scale)
    found = scaled(mirror, one) @ turned(turn) @ shifted(whole)
    return found @ scaled(scale, scale) @ turned(before) @ scaled(stretch, 1 / stretch) @ turned(after) @ shifted(parts)


def scaled(across: Tensor, down: Tensor) -> Tensor:
    """Matrices (B, 3, 3) of two factors (B,)."""
    return torch.diag_embed(torch.stack((across, down, torch.ones_like(across)), 1))


def turned(angle: Tensor) -> Tensor:
    """Matrices (B, 3, 3) that turn by angles (B,)."""
    zero, one = torch.zeros_like(angle), torch.ones_like(angle)
    rows = (angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos(), zero, zero, zero, one)
    return torch.stack(rows, 1).unflatten(1, (3, 3))


def shifted(by: Tensor) -> Tensor:
    """Matrices (B, 3, 3) that move by `by` (B, 2)."""
    found = torch.eye(3, device=by.device).repeat(len(by), 1, 1)
    found[:, :2, 2] = by
    return found


def recoloured(picture: Tensor, happens: Tensor, rng: Streams, name: str) -> Tensor:
    """Brightness, contrast, light turned into dark and, of colours, hue and saturation; `happens` (B, COLOUR).

    The last channel of two or four is opacity, and stays.
    """
    normal = rng.normal(f"colours of {name}", len(picture), 3).to(picture.device)
    share = rng.uniform(f"hues of {name}", len(picture), 2).to(picture.device)
    colours = 3 if picture.shape[1] >= 3 else 1
    said, rest = picture[:, :colours], picture[:, colours:]
    light = normal[:, 0] * LIGHT * happens[:, 0]
    contrast = (normal[:, 1] * CONTRAST * happens[:, 1]).exp()
    flip = torch.where(happens[:, 2] & (share[:, 0] < 0.5), -1.0, 1.0)
    said = (said + light[:, None, None, None]) * contrast[:, None, None, None]
    grey = said.mean(1, keepdim=True)  # (B, 1, S, S), along the axis of luma
    if colours == 1:
        return torch.cat((said * flip[:, None, None, None], rest), 1)
    saturation = (normal[:, 2] * SATURATION * happens[:, 4]).exp()
    hue = about_grey((share[:, 1] * 2 - 1) * pi * happens[:, 3]) * saturation[:, None, None]
    coloured = torch.einsum("bij,bjhw->bihw", hue, said - grey)
    return torch.cat((grey * flip[:, None, None, None] + coloured, rest), 1)


def about_grey(angle: Tensor) -> Tensor:
    """Matrices (B, 3, 3) that turn colours about the grey axis (Rodrigues' formula)."""
    axis = torch.full((3,), LUMA, device=angle.device)
    cross = torch.linalg.cross(torch.eye(3, device=angle.device), axis.expand(3, 3))
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return cosine * torch.eye(3, device=angle.device) + sine * cross + (1 - cosine) * torch.outer(axis, axis)
