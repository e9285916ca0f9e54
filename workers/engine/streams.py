"""Randomness that a resume can repeat: every draw is a pure function of (seed, step, name)."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


def generator(seed: str | int, step: int, name: str) -> torch.Generator:
    """A CPU generator for one named stream of one step (or of one artifact: step is its index)."""
    digest = hashlib.sha256(f"{seed}|{step}|{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


class SeededStreams:
    """Named streams of one training step (contracts.Streams); asking for a name twice gives the next draws."""

    def __init__(self, seed: str | int, step: int) -> None:
        self.seed, self.step = seed, step
        self._open: dict[str, torch.Generator] = {}

    def generator(self, name: str) -> torch.Generator:
        """The generator behind one name."""
        if name not in self._open:
            self._open[name] = generator(self.seed, self.step, name)
        return self._open[name]

    def normal(self, name: str, *shape: int) -> Tensor:
        """Standard normal draws of that shape."""
        return torch.randn(*shape, generator=self.generator(name))

    def uniform(self, name: str, *shape: int) -> Tensor:
        """Uniform draws in [0, 1) of that shape."""
        return torch.rand(*shape, generator=self.generator(name))

    def integers(self, name: str, low: int, high: int, *shape: int) -> Tensor:
        """Integers in [low, high) of that shape."""
        return torch.randint(low, high, shape, generator=self.generator(name))
