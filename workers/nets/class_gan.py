"""Generators and discriminators that may be told a class, for any power-of-two image size from 8.

Two kinds of blocks: plain, strided convolutions (Radford et al. 2016, section 3), quick on a processor; and residual
ones (Gulrajani et al. 2017, appendix F; Miyato & Koyama 2018, figure 14). Classes enter either by projection (Miyato &
Koyama 2018, eq. 3, with class-conditional batch normalisation in the generator) or by concatenation (Mirza & Osindero
2014; where: Reed et al. 2016, section 4.2). Without classes there is one class.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, relu

from workers.nets.dcgan import SMALLEST_PX
from workers.nets.spectral import SpectralConv2d, SpectralEmbedding, SpectralLinear

Conditioning = Literal["projection", "concatenation"]
Network = Literal["plain", "residual"]
WIDEST = 8  # times the width at most
LABEL_WIDTH = 32  # numbers that a class is told by where it is concatenated
SLOPE = 0.2  # of LeakyReLU below zero


def channels_at(size_px: int, width: int) -> list[int]:
    """Channels at 4, 8, ..., size_px pixels: `width` at the largest, doubling downwards, at most 8 * width."""
    stages = (size_px // SMALLEST_PX).bit_length()
    return [width * min(WIDEST, 2 ** (stages - 1 - stage)) for stage in range(stages)]


class ClassBatchNorm(nn.Module):
    """Batch normalisation with a gain and a shift for each class (de Vries et al. 2017; Dumoulin et al. 2017)."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.normal = nn.BatchNorm2d(channels, affine=classes == 1)
        if classes > 1:
            self.gain = nn.Parameter(torch.ones(classes, channels))
            self.shift = nn.Parameter(torch.zeros(classes, channels))

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        """Features (B, C, H, W) and labels (B,), which one class does without, to features (B, C, H, W)."""
        x = self.normal(x)
        if self.normal.affine:
            return x
        return x * self.gain[label][:, :, None, None] + self.shift[label][:, :, None, None]


class PlainUp(nn.Module):
    """(B, wide, S, S) to (B, narrow, 2 S, 2 S)."""

    def __init__(self, wide: int, narrow: int, classes: int) -> None:
        super().__init__()
        self.norm = ClassBatchNorm(wide, classes)
        self.grow = nn.ConvTranspose2d(wide, narrow, 4, 2, 1)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        return self.grow(relu(self.norm(x, label)))


class ResidualUp(nn.Module):
    """(B, wide, S, S) to (B, narrow, 2 S, 2 S)."""

    def __init__(self, wide: int, narrow: int, classes: int) -> None:
        super().__init__()
        self.first_norm, self.second_norm = ClassBatchNorm(wide, classes), ClassBatchNorm(narrow, classes)
        self.first = nn.Conv2d(wide, narrow, 3, padding=1, bias=False)
        self.second = nn.Conv2d(narrow, narrow, 3, padding=1)
        self.skip = nn.Conv2d(wide, narrow, 1)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:
        inner = self.first(interpolate(relu(self.first_norm(x, label)), scale_factor=2))
        inner = self.second(relu(self.second_norm(inner, label)))
        return inner + interpolate(self.skip(x), scale_factor=2)  # a 1 x 1 convolution and the doubling commute


class Generator(nn.Module):
    """Noise (B, latent_dim) and labels (B,) to pictures (B, channels, size_px, size_px) in [-1, 1]."""

    def __init__(
        self, size_px: int, channels: int, width: int, latent_dim: int, classes: int = 1,
        conditioning: Conditioning = "projection", network: Network = "plain",
    ) -> None:  # fmt: skip
        super().__init__()
        joined, residual = conditioning == "concatenation", network == "residual"
        stages = channels_at(size_px if residual else size_px // 2, width)
        block, normed = ResidualUp if residual else PlainUp, 1 if joined else classes
        self.label = nn.Embedding(classes, LABEL_WIDTH) if joined else None
        self.project = nn.Linear(latent_dim + (LABEL_WIDTH if joined else 0), stages[0] * SMALLEST_PX**2)
        self.grow = nn.ModuleList(block(wide, narrow, normed) for wide, narrow in pairwise(stages))
        self.last_norm = ClassBatchNorm(stages[-1], 1 if residual else normed)
        last = stages[-1]
        self.paint = nn.Conv2d(last, channels, 3, 1, 1) if residual else nn.ConvTranspose2d(last, channels, 4, 2, 1)
        self.apply(init_weights)

    def forward(self, noise: Tensor, label: Tensor | None = None) -> Tensor:
        seed = noise if self.label is None else torch.cat([noise, self.label(label)], 1)
        x = self.project(seed).unflatten(1, (-1, SMALLEST_PX, SMALLEST_PX))  # (B, stages[0], 4, 4)
        for block in self.grow:
            x = block(x, label)
        return self.paint(relu(self.last_norm(x, label))).tanh()


class PlainDown(nn.Module):
    """(B, narrow, S, S) to (B, wide, S / 2, S / 2)."""

    def __init__(self, narrow: int, wide: int, *, spectral: bool, first: bool = False) -> None:
        super().__init__()
        self.shrink = conv(narrow, wide, 4, spectral, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return leaky_relu(self.shrink(x), SLOPE)


class ResidualDown(nn.Module):
    """(B, narrow, S, S) to (B, wide, S / 2, S / 2); the first one is shown pictures, which are not cut at grey."""

    def __init__(self, narrow: int, wide: int, *, spectral: bool, first: bool = False) -> None:
        super().__init__()
        self.begins = first
        self.first = conv(narrow, wide, 3, spectral, padding=1)
        self.second = conv(wide, wide, 3, spectral, padding=1)
        self.skip = conv(narrow, wide, 1, spectral)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.second(relu(self.first(x if self.begins else relu(x))))
        return avg_pool2d(inner, 2) + self.skip(avg_pool2d(x, 2))


class Discriminator(nn.Module):
    """Pictures (B, channels, size_px, size_px) and labels (B,) to one number each (B,): the larger, the more real.

    Nothing in it looks across the batch, as a penalty on the gradient of single pictures needs it (Gulrajani et al.
    2017, section 4).
    """

    def __init__(
        self, size_px: int, channels: int, width: int, classes: int = 1, conditioning: Conditioning = "projection",
        network: Network = "plain", spectral: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        block = ResidualDown if network == "residual" else PlainDown
        stages = list(reversed(channels_at(size_px // 2, width)))  # at size_px / 2, ..., 4
        blocks = [block(channels, stages[0], spectral=spectral, first=True)]
        blocks += [block(narrow, wide, spectral=spectral) for narrow, wide in pairwise(stages)]
        self.shrink = nn.ModuleList(blocks)
        joined, wide = conditioning == "concatenation" and classes > 1, stages[-1]
        self.told = table(classes, LABEL_WIDTH, spectral) if joined else None
        self.gather = linear((wide + (LABEL_WIDTH if joined else 0)) * SMALLEST_PX**2, wide, spectral)
        self.judge = linear(wide, 1, spectral)
        projects = conditioning == "projection" and classes > 1
        self.project = table(classes, wide, spectral) if projects else None

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        x = image
        for block in self.shrink:
            x = block(x)  # at last (B, wide, 4, 4)
        if self.told is not None:
            x = torch.cat([x, self.told(label)[:, :, None, None].expand(-1, -1, *x.shape[2:]).to(x.dtype)], 1)
        seen = leaky_relu(self.gather(x.flatten(1)), SLOPE)  # (B, wide)
        verdict = self.judge(seen).float().squeeze(1)
        if self.project is not None:
            verdict = verdict + (self.project(label) * seen.float()).sum(1)  # eq. 3: y'V phi(x) + psi(phi(x))
        return verdict


def conv(
    taken: int, given: int, kernel: int, spectral: bool, *, stride: int = 1, padding: int = 0
) -> SpectralConv2d | nn.Conv2d:
    """A convolution, of spectral norm 1 where that is asked for."""
    if spectral:
        return SpectralConv2d(taken, given, kernel, stride, padding)
    made = nn.Conv2d(taken, given, kernel, stride, padding)
    init_weights(made)
    return made


def linear(taken: int, given: int, spectral: bool) -> nn.Linear:
    """A linear layer, of spectral norm 1 where that is asked for."""
    if spectral:
        return SpectralLinear(taken, given)
    made = nn.Linear(taken, given)
    init_weights(made)
    return made


def table(classes: int, width: int, spectral: bool) -> nn.Embedding:
    """A vector (width,) for each class."""
    return SpectralEmbedding(classes, width) if spectral else nn.Embedding(classes, width)


def init_weights(layer: nn.Module) -> None:
    """Glorot & Bengio 2010, eq. 16, as in the code of Miyato & Koyama 2018; biases at zero."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
