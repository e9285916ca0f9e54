"""A single number that is learned beside networks, and so is in every checkpoint and the same after a resume."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


class Gauge(nn.Module):
    """One number; it moves where a loss of a phase that it learns from says."""

    def __init__(self, value: float = 0.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self) -> Tensor:
        return self.value


class EvenSteps(Optimizer):
    """Moves every number by `lr` against the sign of its gradient, and keeps it from 0 to `most`."""

    def __init__(self, numbers: nn.Module, lr: float, most: float) -> None:
        super().__init__(numbers.parameters(), {"lr": lr, "most": most})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One move of each number that has a gradient."""
        for group in self.param_groups:
            for number in group["params"]:
                if number.grad is not None:
                    number.sub_(number.grad.sign() * group["lr"]).clamp_(0.0, group["most"])
