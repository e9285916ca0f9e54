"""One step from a noisy picture to a less noisy one, by what the network takes for the picture."""

from __future__ import annotations

import math

from torch import Tensor

from workers.families.noise_schedules import Level


def ancestral(x: Tensor, picture: Tensor, now: Level, then: Level, noise: Tensor) -> Tensor:
    """Draw from the posterior (Ho et al. 2020, eq. 7; over several steps at once Song et al. 2021, eq. 16, eta 1)."""
    spread = then.sigma / now.sigma * math.sqrt(max(0.0, 1 - (now.alpha / then.alpha) ** 2))
    rest = math.sqrt(max(0.0, then.sigma**2 - spread**2))
    return then.alpha * picture + rest * noise_in(x, picture, now) + spread * noise


def ddim(x: Tensor, picture: Tensor, now: Level, then: Level) -> Tensor:
    """The same noise at the next level (Song et al. 2021, eq. 12, sigma 0)."""
    return then.alpha * picture + then.sigma * noise_in(x, picture, now)


def dpmpp_2m(x: Tensor, picture: Tensor, before: Tensor | None, last: Level | None, now: Level, then: Level) -> Tensor:
    """DPM-Solver++ of second order over two steps (Lu et al. 2022, DPM-Solver++, algorithm 2).

    The first step and the last are of first order. `before` is what the network took for the picture one step earlier,
    at the level `last`.
    """
    step = then.log_snr_half - now.log_snr_half
    if before is not None and last is not None and math.isfinite(step):
        ratio = (now.log_snr_half - last.log_snr_half) / step
        picture = (1 + 1 / (2 * ratio)) * picture - 1 / (2 * ratio) * before
    return then.sigma / now.sigma * x - then.alpha * math.expm1(-step) * picture


def noise_in(x: Tensor, picture: Tensor, now: Level) -> Tensor:
    """The noise of `x`, if that is the picture."""
    return (x - now.alpha * picture) / now.sigma
