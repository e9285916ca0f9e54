"""How much of a picture is left after t steps of noise: x_t = alpha_t x_0 + sigma_t noise, alpha^2 + sigma^2 = 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from workers.nets.unet import TIMES

TIMESTEPS = TIMES  # of the whole way, 1000 (Ho et al. 2020, section 4)
OFFSET = 0.008  # of the cosine schedule (Nichol & Dhariwal 2021, section 3.2)
LARGEST_BETA = 0.999  # as there
LINEAR = 1e-4, 0.02  # first and last beta of the linear schedule (Ho et al. 2020, section 4)

Schedule = Literal["cosine", "linear"]


@dataclass(frozen=True)
class Level:
    """The share of picture and of noise at one time; `t` -1 is the picture itself."""

    t: int
    alpha: float
    sigma: float

    @property
    def log_snr_half(self) -> float:
        """Half the logarithm of the signal-to-noise ratio, log(alpha / sigma) (Lu et al. 2022)."""
        return math.log(self.alpha / self.sigma) if self.sigma else math.inf


@cache
def kept(schedule: Schedule) -> Tensor:
    """alpha_bar_t = alpha_t^2 for every t, (TIMESTEPS,) float64: the products of 1 - beta (Ho et al. 2020, eq. 4)."""
    if schedule == "linear":
        betas = torch.linspace(*LINEAR, TIMESTEPS, dtype=torch.float64)
    else:  # Nichol & Dhariwal 2021, eq. 17
        share = torch.arange(TIMESTEPS + 1, dtype=torch.float64) / TIMESTEPS
        left = ((share + OFFSET) / (1 + OFFSET) * math.pi / 2).cos().square()
        betas = (1 - left[1:] / left[:-1]).clamp_max(LARGEST_BETA)
    return (1 - betas).cumprod(0)


@cache
def levels(schedule: Schedule, steps: int) -> tuple[Level, ...]:
    """The times that `steps` steps stop at, from the last one to the picture, steps + 1 of them.

    They are evenly spaced and begin where training ends ("trailing", Lin et al. 2024, table 2).
    """
    times = [round(TIMESTEPS - place * TIMESTEPS / steps) - 1 for place in range(steps)]
    shares = kept(schedule)
    found = [Level(t, math.sqrt(shares[t]), math.sqrt(1 - shares[t])) for t in times]
    return (*found, Level(-1, 1.0, 0.0))
