"""The two fully connected networks of the first GAN (Goodfellow et al. 2014, section 5), for items of any shape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torch import Tensor, nn

from workers.nets.dense import stack


class Generator(nn.Module):
    """Noise (B, latent_dim) to items (B, *shape) in [-1, 1]."""

    def __init__(self, shape: tuple[int, ...], latent_dim: int, hidden: Sequence[int], normalised: bool) -> None:
        super().__init__()
        self.shape = shape
        self.grow = stack((latent_dim, *hidden), normalised=normalised)
        self.paint = nn.Sequential(nn.Linear(hidden[-1], prod(shape)), nn.Tanh())

    def forward(self, noise: Tensor) -> Tensor:
        return self.paint(self.grow(noise)).unflatten(1, self.shape)


class Discriminator(nn.Module):
    """Items (B, *shape) to the logit (B,) of being real, with dropout after every hidden layer."""

    def __init__(self, shape: tuple[int, ...], hidden: Sequence[int], dropout: float) -> None:
        super().__init__()
        self.shrink = stack((prod(shape), *hidden), dropout=dropout)
        self.judge = nn.Linear(hidden[-1], 1)

    def forward(self, item: Tensor) -> Tensor:
        return self.judge(self.shrink(item.flatten(1))).squeeze(1)
