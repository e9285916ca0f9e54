"""Which families are measured, and with which parameters: presets as people find them in the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Plan:
    """One line of the table. `budgeted` says that its steps are as many as the budget allows."""

    name: str
    family: str
    params: Mapping[str, Any] = field(default_factory=dict)
    budgeted: bool = True


PLANS = (
    Plan("resample", "resample", {"items": 5000}, budgeted=False),
    Plan("gan", "gan"),
    Plan("dcgan", "dcgan"),
    Plan("wgan_gp", "wgan_gp"),
    Plan("cgan", "cgan"),
    Plan("stylegan2", "stylegan2"),
    Plan("vae", "vae"),
    Plan("ddpm", "ddpm"),
    Plan("flow_matching", "flow_matching"),
)
