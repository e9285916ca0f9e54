"""Layers whose weight is divided by its largest singular value (spectral normalisation, Miyato et al. 2018).

Plain modules without hooks: a checkpoint holds the weight and the vector of the power iteration, nothing else.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, embedding, linear, normalize

EPS = 1e-12
FIRST_ROUNDS = 5  # of the power iteration on fresh weights; later one a call is enough, for weights move slowly


class SpectralNorm(nn.Module):
    """The weight (rows, ...) divided by its largest singular value; a call in training mode refines the estimate.

    Algorithm 1 of the paper: v = W'u / |W'u|, u = Wv / |Wv|, sigma = u'Wv; gradients flow through W in sigma alone.
    """

    left: Tensor  # (rows,), the u of the paper

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.register_buffer("left", normalize(torch.randn(len(weight)), dim=0, eps=EPS))
        self.settle(weight, FIRST_ROUNDS)

    @torch.no_grad()
    def settle(self, weight: Tensor, rounds: int = 1) -> Tensor:
        """Go on with the power iteration; returns the right singular vector (columns,)."""
        flat, left = weight.detach().flatten(1), self.left
        right = normalize(flat.T @ left, dim=0, eps=EPS)
        for _ in range(rounds if self.training else 0):
            left = normalize(flat @ right, dim=0, eps=EPS)
            right = normalize(flat.T @ left, dim=0, eps=EPS)
        if self.training:
            self.left.copy_(left)
        return right

    def forward(self, weight: Tensor) -> Tensor:
        with torch.autocast(weight.device.type, enabled=False):  # sigma is a ratio of sums: float32
            right = self.settle(weight)
            sigma = torch.dot(self.left.clone(), weight.flatten(1) @ right)
            return weight / sigma


class SpectralConv2d(nn.Conv2d):
    """A convolution of spectral norm about 1."""

    def __init__(self, taken: int, given: int, kernel: int, stride: int = 1, padding: int = 0) -> None:
        super().__init__(taken, given, kernel, stride, padding)
        self.norm = SpectralNorm(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.norm(self.weight), self.bias, self.stride, self.padding)


class SpectralLinear(nn.Linear):
    """A linear layer of spectral norm about 1."""

    def __init__(self, taken: int, given: int) -> None:
        super().__init__(taken, given)
        self.norm = SpectralNorm(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.norm(self.weight), self.bias)


class SpectralEmbedding(nn.Embedding):
    """A table of vectors, one for each class, of spectral norm about 1."""

    def __init__(self, classes: int, width: int) -> None:
        super().__init__(classes, width)
        self.norm = SpectralNorm(self.weight)

    def forward(self, label: Tensor) -> Tensor:
        return embedding(label, self.norm(self.weight))
