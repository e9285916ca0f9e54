"""How steep a discriminator is at a picture: what R1 and the gradient penalty of WGAN-GP are made of."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def squared_slopes(judge: Callable[[Tensor], Tensor], picture: Tensor) -> Tensor:
    """|d judge(x) / dx|^2 at pictures x (B, C, H, W), (B,); it can be learned from, by a second pass backwards.

    `judge` takes each picture by itself. All of it is float32: squares of small numbers are lost in half.
    """
    with torch.autocast(picture.device.type, enabled=False):
        at = picture.detach().float().requires_grad_()
        (slopes,) = torch.autograd.grad(judge(at).sum(), at, create_graph=True)
    return slopes.square().flatten(1).sum(1)
