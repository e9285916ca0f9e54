"""How alike two pictures are: SSIM (Wang et al. 2004) and MS-SSIM (Wang et al. 2003), a figure for each pair."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

WINDOW_PX, SIGMA_PX = 11, 1.5
K1, K2 = 0.01, 0.03  # of the constants that keep flat patches apart from noise
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # weights, from fine to coarse (2003, section 3.2)


def ssim(one: Tensor, other: Tensor, peak: float) -> Tensor:
    """Structural similarity of pictures (N, C, H, W), (N,): -1 to 1; `peak` is the span of their values (eq. 13)."""
    likeness, structure = _maps(one, other, peak)
    return (likeness * structure).flatten(1).mean(1)


def ms_ssim(one: Tensor, other: Tensor, peak: float) -> Tensor:
    """The same over scales, each half of the one before, (N,) (2003, eq. 7).

    Where a picture is too small for five scales, there are as many as have room for the window, their weights made to
    add up to 1: such figures are comparable at one size only. What differs in sign counts as 0.
    """
    count = scales_of(min(one.shape[-2:]))
    weights = torch.tensor(SCALES[:count]) / sum(SCALES[:count])
    found = torch.ones(len(one))
    for place in range(count):
        likeness, structure = _maps(one, other, peak)
        last = place == count - 1
        figure = (likeness * structure if last else structure).flatten(1).mean(1)
        found = found * figure.clamp_min(0) ** weights[place]
        if not last:
            one, other = functional.avg_pool2d(one, 2), functional.avg_pool2d(other, 2)
    return found


def scales_of(size_px: int) -> int:
    """How many scales a picture of this size has room for: 1 to 5."""
    return next((n for n in range(len(SCALES), 0, -1) if size_px // 2 ** (n - 1) >= WINDOW_PX), 1)


def _maps(one: Tensor, other: Tensor, peak: float) -> tuple[Tensor, Tensor]:
    """Likeness of brightness, and of contrast and structure, per place (N, C, h, w)."""
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    mean1, mean2 = _smooth(one), _smooth(other)
    variance1, variance2 = _smooth(one * one) - mean1**2, _smooth(other * other) - mean2**2
    common = _smooth(one * other) - mean1 * mean2
    likeness = (2 * mean1 * mean2 + c1) / (mean1**2 + mean2**2 + c1)
    return likeness, (2 * common + c2) / (variance1 + variance2 + c2)


def _smooth(images: Tensor) -> Tensor:
    size = min(WINDOW_PX, (min(images.shape[-2:]) - 1) // 2 * 2 + 1)  # odd, and inside the picture
    places = torch.arange(size) - size // 2
    line = torch.exp(-(places.float() ** 2) / (2 * SIGMA_PX**2))
    line, channels = (line / line.sum()).to(images), images.shape[1]
    across = functional.conv2d(images, line.view(1, 1, 1, -1).expand(channels, -1, -1, -1), groups=channels)
    return functional.conv2d(across, line.view(1, 1, -1, 1).expand(channels, -1, -1, -1), groups=channels)
