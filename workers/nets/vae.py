"""Encoders and decoders of a variational autoencoder (Kingma & Welling 2014, appendix C), dense or convolutional."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from torch import Tensor, nn

from workers.nets.dcgan import SMALLEST_PX, channels_per_stage
from workers.nets.dense import SLOPE, stack


class Encoder(nn.Module):
    """Items (B, *shape) to mean and log-variance of their code, each (B, latent_dim); `body` gives (B, features)."""

    def __init__(self, body: nn.Module, features: int, latent_dim: int) -> None:
        super().__init__()
        self.body = body
        self.mean = nn.Linear(features, latent_dim)
        self.log_variance = nn.Linear(features, latent_dim)

    def forward(self, item: Tensor) -> tuple[Tensor, Tensor]:
        seen = self.body(item)  # (B, features)
        return self.mean(seen), self.log_variance(seen)


class Decoder(nn.Module):
    """Codes (B, latent_dim) to items (B, *shape) in [-1, 1]; `body` gives the logits of (item + 1) / 2."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, code: Tensor) -> Tensor:
        return (self.body(code) / 2).tanh()  # 2 sigmoid(logit) - 1


def dense_encoder(shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int) -> Encoder:
    """An encoder of fully connected layers, for items of any shape."""
    return Encoder(nn.Sequential(nn.Flatten(), stack((prod(shape), *hidden))), hidden[-1], latent_dim)


def dense_decoder(shape: tuple[int, ...], hidden: Sequence[int], latent_dim: int) -> Decoder:
    """Its mirror image; `hidden` is that of the encoder."""
    layers = stack((latent_dim, *reversed(hidden)))
    return Decoder(nn.Sequential(*layers, nn.Linear(hidden[0], prod(shape)), nn.Unflatten(1, shape)))


def conv_encoder(size_px: int, channels: int, width: int, latent_dim: int) -> Encoder:
    """An encoder that halves pictures down to 4 x 4; sizes are powers of two from 8."""
    stages = list(reversed(channels_per_stage(size_px, width)))
    layers: list[nn.Module] = []
    for narrow, wide in pairwise((channels, *stages)):
        layers += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(SLOPE)]
    return Encoder(nn.Sequential(*layers, nn.Flatten()), stages[-1] * SMALLEST_PX**2, latent_dim)


def conv_decoder(size_px: int, channels: int, width: int, latent_dim: int) -> Decoder:
    """A decoder that doubles from 4 x 4 up to the picture."""
    stages = channels_per_stage(size_px, width)
    layers: list[nn.Module] = [
        nn.Linear(latent_dim, stages[0] * SMALLEST_PX**2),
        nn.Unflatten(1, (stages[0], SMALLEST_PX, SMALLEST_PX)),
    ]
    layers += [nn.BatchNorm2d(stages[0]), nn.LeakyReLU(SLOPE)]
    for wide, narrow in pairwise(stages):
        layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False), nn.BatchNorm2d(narrow), nn.LeakyReLU(SLOPE)]
    return Decoder(nn.Sequential(*layers, nn.ConvTranspose2d(stages[-1], channels, 4, 2, 1)))
