"""Fully connected stacks, whose layer sizes a user writes as numbers with commas between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import StringConstraints
from torch import Tensor, nn
from torch.nn.functional import batch_norm

SLOPE = 0.2  # of LeakyReLU below zero

LayerSizes = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}( *, *[1-9][0-9]{0,3}){0,7}$", max_length=80)]


def sizes(said: str) -> tuple[int, ...]:
    """`"128, 256"` as (128, 256)."""
    return tuple(int(number) for number in said.split(","))


class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation (Ioffe & Szegedy 2015, algorithm 1) that also trains on a batch of one.

    One item has no spread of its own: it is normalised by the running mean and variance.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) > 1:
            return super().forward(x)
        return batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)


def stack(widths: Sequence[int], *, normalised: bool = False, dropout: float = 0.0) -> nn.Sequential:
    """(B, widths[0]) to (B, widths[-1]): linear and LeakyReLU, again and again.

    `normalised` puts batch normalisation before every activation but the first, `dropout` drops after each.
    """
    layers: list[nn.Module] = []
    for narrow, wide in pairwise(widths):
        normal = normalised and bool(layers)
        layers += [nn.Linear(narrow, wide, bias=not normal)]
        layers += [BatchNorm(wide)] if normal else []
        layers += [nn.LeakyReLU(SLOPE)]
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers)
