"""Encoders and decoders of a variational autoencoder (Kingma & Welling 2014, appendix C), dense or convolutional.

With classes they are those of a conditional one (Sohn et al. 2015): both are told `label` (B,) int64, 0 for a class
that nobody knows and 1 for the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from workers.nets.dcgan import SMALLEST_PX, channels_per_stage
from workers.nets.dense import SLOPE, stack

TOLD_SIZE = 16  # numbers that stand for a class


class Encoder(nn.Module):
    """Items (B, *shape) to mean and log-variance of their code, each (B, latent_dim); `body` gives (B, features)."""

    def __init__(self, body: nn.Module, features: int, latent_dim: int, classes: int = 0) -> None:
        super().__init__()
        self.body = body
        told = TOLD_SIZE if classes else 0
        self.mean = nn.Linear(features + told, latent_dim)
        self.log_variance = nn.Linear(features + told, latent_dim)
        self.classes = nn.Embedding(classes + 1, TOLD_SIZE) if classes else None

    def forward(self, item: Tensor, label: Tensor | None = None) -> tuple[Tensor, Tensor]:
        seen = self.body(item)  # (B, features)
        if self.classes is not None:
            seen = torch.cat([seen, self.classes(label)], 1)
        return self.mean(seen), self.log_variance(seen)


class Decoder(nn.Module):
    """Codes (B, latent_dim) to items (B, *shape) in [-1, 1]; `body` gives the logits of (item + 1) / 2.

    `body` takes TOLD_SIZE numbers more where there are classes. `scales` is how many scales of the noise of an item
    are learned beside it, as `log_scale` (scales,).
    """

    def __init__(self, body: nn.Module, classes: int = 0, scales: int = 0) -> None:
        super().__init__()
        self.body = body
        self.classes = nn.Embedding(classes + 1, TOLD_SIZE) if classes else None
        self.log_scale = nn.Parameter(torch.zeros(scales)) if scales else None

    def logits(self, code: Tensor, label: Tensor | None = None) -> Tensor:
        """(B, *shape), unbounded."""
        if self.classes is not None:
            code = torch.cat([code, self.classes(label).to(code.dtype)], 1)
        return self.body(code)

    def forward(self, code: Tensor, label: Tensor | None = None) -> Tensor:
        return (self.logits(code, label) / 2).tanh()  # 2 sigmoid(logit) - 1


def dense_encoder(shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int, classes: int = 0) -> Encoder:
    """An encoder of fully connected layers, for items of any shape."""
    return Encoder(nn.Sequential(nn.Flatten(), stack((prod(shape), *hidden))), hidden[-1], latent_dim, classes)


def dense_decoder(
    shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int, classes: int = 0, scales: int = 0
) -> Decoder:
    """Its mirror image; `hidden` is that of the encoder."""
    layers = stack((latent_dim + (TOLD_SIZE if classes else 0), *reversed(hidden)))
    body = nn.Sequential(*layers, nn.Linear(hidden[0], prod(shape)), nn.Unflatten(1, shape))
    return Decoder(body, classes, scales)


def conv_encoder(size_px: int, channels: int, width: int, latent_dim: int, classes: int = 0) -> Encoder:
    """An encoder that halves pictures down to 4 x 4; sizes are powers of two from 8."""
    stages = list(reversed(channels_per_stage(size_px, width)))
    layers: list[nn.Module] = []
    for narrow, wide in pairwise((channels, *stages)):
        layers += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(SLOPE)]
    return Encoder(nn.Sequential(*layers, nn.Flatten()), stages[-1] * SMALLEST_PX**2, latent_dim, classes)


def conv_decoder(
    size_px: int, channels: int, width: int, latent_dim: int, classes: int = 0, scales: int = 0
) -> Decoder:
    """A decoder that doubles from 4 x 4 up to the picture."""
    stages = channels_per_stage(size_px, width)
    layers: list[nn.Module] = [
        nn.Linear(latent_dim + (TOLD_SIZE if classes else 0), stages[0] * SMALLEST_PX**2),
        nn.Unflatten(1, (stages[0], SMALLEST_PX, SMALLEST_PX)),
    ]
    layers += [nn.BatchNorm2d(stages[0]), nn.LeakyReLU(SLOPE)]
    for wide, narrow in pairwise(stages):
        layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False), nn.BatchNorm2d(narrow), nn.LeakyReLU(SLOPE)]
    body = nn.Sequential(*layers, nn.ConvTranspose2d(stages[-1], channels, 4, 2, 1))
    return Decoder(body, classes, scales)
