"""A normal distribution for each pixel: the smallest model of a picture."""

from __future__ import annotations

from math import prod

from torch import Tensor, nn

FIRST_DEVIATION = -1.0  # natural logarithm


class NormalPixels(nn.Module):
    """Mean and deviation of every pixel, for each of `classes` classes by itself."""

    def __init__(self, shape: tuple[int, ...], classes: int = 1) -> None:
        super().__init__()
        self.shape = shape
        self.mean, self.log_deviation = nn.Embedding(classes, prod(shape)), nn.Embedding(classes, prod(shape))
        nn.init.zeros_(self.mean.weight)
        nn.init.constant_(self.log_deviation.weight, FIRST_DEVIATION)

    def forward(self, noise: Tensor, condition: Tensor) -> Tensor:
        """Noise (B, *shape) and classes (B,) int64 to pictures (B, *shape)."""
        mean, log_deviation = (part(condition).unflatten(1, self.shape) for part in (self.mean, self.log_deviation))
        return mean + log_deviation.exp() * noise

    def nats(self, picture: Tensor, condition: Tensor) -> Tensor:
        """How unlikely pictures (B, *shape) are, in nats per pixel up to a constant, (B,)."""
        log_deviation = self.log_deviation(condition)  # (B, pixels)
        apart = (picture.flatten(1) - self.mean(condition)) / log_deviation.exp()
        return (apart.square() / 2 + log_deviation).mean(1)
