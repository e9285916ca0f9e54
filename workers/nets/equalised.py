"""Layers with an equalised learning rate (Karras et al. 2018, section 4.1): every weight begins as a standard normal.

The constant that He et al. (2015) would draw it with is multiplied on each time it is used, so that Adam, whose steps
do not know how large a weight is, moves all layers alike. `gain` makes up for what comes after: GAIN for a rectifier.
"""

from __future__ import annotations

from math import prod, sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, leaky_relu, linear

SLOPE = 0.2
GAIN = sqrt(2)  # what a leaky rectifier takes away of the size of a signal


class EqualLinear(nn.Module):
    """A fully connected layer, (B, inputs) to (B, outputs); `pace` slows it (Karras et al. 2019, appendix C)."""

    def __init__(self, inputs: int, outputs: int, *, bias: float = 0.0, pace: float = 1.0, gain: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / pace)
        self.bias = nn.Parameter(torch.full((outputs,), bias / pace))
        self.scale, self.pace = pace * gain / sqrt(inputs), pace

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight * self.scale, self.bias * self.pace)


class EqualConv(nn.Module):
    """A convolution that keeps the size, or halves it after a blur of two pixels: (B, C, S, S) to (B, C', S', S')."""

    def __init__(
        self, inputs: int, outputs: int, size: int, *, halves: bool = False, bias: bool = True, gain: float = GAIN
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale, self.halves = gain / sqrt(prod(self.weight.shape[1:])), halves

    def forward(self, x: Tensor) -> Tensor:
        if self.halves:
            blurred = avg_pool2d(x, 2, stride=1, padding=1)  # (B, C, S + 1, S + 1)
            return conv2d(blurred, self.weight * self.scale, self.bias, stride=2)
        return conv2d(x, self.weight * self.scale, self.bias, padding=self.weight.shape[-1] // 2)


def rectified(x: Tensor) -> Tensor:
    """The leaky rectifier of these networks."""
    return leaky_relu(x, SLOPE)
