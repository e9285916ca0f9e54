"""Which families are measured, and with which parameters: presets as people find them in the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workers.plugins import plugin


@dataclass(frozen=True)
class Plan:
    """One line of the table: a preset, and what differs from it; the steps are as many as the budget allows.

    `budgeted` is False where the steps are those of the preset.
    """

    family: str
    preset: str = ""  # its defaults
    extra: Mapping[str, Any] = field(default_factory=dict)
    budgeted: bool = True

    @property
    def params(self) -> dict[str, Any]:
        """As a user would write them."""
        presets = {one.name: one.values for one in getattr(plugin("family", self.family), "presets", ())}
        return dict(presets[self.preset] if self.preset else {}) | dict(self.extra)


PLANS = (
    Plan("resample", extra={"items": 5000}, budgeted=False),
    Plan("gan"),
    Plan("dcgan"),
    Plan("wgan_gp"),
    Plan("cgan"),
    Plan("stylegan2"),
    Plan("vae", "by_class"),
    Plan("ddpm", "small_pictures"),
    Plan("flow_matching", "small_pictures"),
)
