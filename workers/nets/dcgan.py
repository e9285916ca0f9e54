"""The two convolutional networks of DCGAN (Radford et al. 2016, section 3), for any power-of-two image size from 16."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

SMALLEST_PX = 4  # the picture starts as 4 x 4 and doubles


def channels_per_stage(size_px: int, width: int) -> list[int]:
    """Channels at 4, 8, ..., size/2 pixels: `width` at the largest, doubling downwards, at most 8 * width."""
    stages = (size_px // SMALLEST_PX).bit_length() - 1
    return [width * min(8, 2 ** (stages - 1 - stage)) for stage in range(stages)]


class Generator(nn.Module):
    """Noise (B, latent_dim) to pictures (B, channels, size_px, size_px) in [-1, 1]."""

    def __init__(self, size_px: int, channels: int, width: int, latent_dim: int) -> None:
        super().__init__()
        stages = channels_per_stage(size_px, width)
        self.project = nn.Linear(latent_dim, stages[0] * SMALLEST_PX**2, bias=False)
        layers: list[nn.Module] = [nn.BatchNorm2d(stages[0]), nn.ReLU()]
        for wide, narrow in pairwise(stages):
            layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU()]
        self.grow = nn.Sequential(*layers, nn.ConvTranspose2d(stages[-1], channels, 4, 2, 1), nn.Tanh())
        self.apply(init_weights)

    def forward(self, noise: Tensor) -> Tensor:
        seed = self.project(noise).unflatten(1, (-1, SMALLEST_PX, SMALLEST_PX))  # (B, stages[0], 4, 4)
        return self.grow(seed)


class Discriminator(nn.Module):
    """Pictures (B, channels, size_px, size_px) to logits (B, outputs): one for "real", or one for each real class.

    Batch normalisation everywhere but at the first layer (Radford et al. 2016, section 3): show it real and made
    pictures in separate batches.
    """

    def __init__(self, size_px: int, channels: int, width: int, outputs: int = 1) -> None:
        super().__init__()
        stages = list(reversed(channels_per_stage(size_px, width)))
        layers: list[nn.Module] = [nn.Conv2d(channels, stages[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for narrow, wide in pairwise(stages):
            layers += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2)]
        self.shrink = nn.Sequential(*layers)
        self.judge = nn.Linear(stages[-1] * SMALLEST_PX**2, outputs)
        self.apply(init_weights)

    def forward(self, image: Tensor) -> Tensor:
        return self.judge(self.shrink(image).flatten(1))


def init_weights(layer: nn.Module) -> None:
    """Normal with standard deviation 0.02 (Radford et al. 2016, section 4); biases at zero."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
