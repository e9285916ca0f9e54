"""Looks at what a training makes while it goes on: whether it has collapsed, how good it is, which weights were best.

Nothing that a later step depends on is touched: what is looked at comes from noise of its own, the same at each look,
and what a look finds is kept in checkpoints.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import Module

from models_store.errors import ProductError
from workers.contracts import Fields, Sample
from workers.engine.losses import Diverged

LOOK_SEED = "looks"  # of the items that are measured, in every training
METRIC_SEED = 1
SEEN = 2000  # unseen items at most that made ones are measured against
VARIED = 0.3  # the spread that grids must once have had, as a share of the data's, to fall from it
FALLEN = 0.2  # what is left of it, of the data's and of the best so far, where a training has collapsed
PREFIX = "best/"

Heed = Callable[[], None]  # asked again and again while a look lasts; raises to leave it
Make = Callable[[Mapping[str, Module], int, Heed], Fields]  # so many items of these networks, always the same first


class Collapsed(ProductError):
    """What is made from different noise has become the same."""

    code, http_status = "collapsed", 422


@dataclass
class Spread:
    """How different the items of a grid are from each other, beside how different those of the data are."""

    of_data: float = 0.0  # unknown, or all the same: nothing can fall
    best: float = 0.0
    best_step: int = 0
    fallen: int = 0  # looks in a row that found it so
    sound_step: int = 0  # of the last checkpoint before

    @property
    def suspicious(self) -> bool:
        """Whether the last look found so little of it that no checkpoint should take the place of an earlier one."""
        return self.fallen > 0

    def look(self, step: int, made: Fields) -> float:
        """The share of the data's spread that a grid has; Collapsed where two in a row have hardly any of it left."""
        if not self.of_data:
            return 1.0
        share = spread(made) / self.of_data
        if share > self.best:
            self.best, self.best_step = share, step
        gone = self.best >= VARIED and share < FALLEN * min(1.0, self.best)
        self.fallen = self.fallen + 1 if gone else 0
        if self.fallen > 1:
            raise Collapsed(self.sentence(step, share), field="samples", step=step, checkpoint=self.sound_step)
        return share

    def sentence(self, step: int, share: float) -> str:
        """What has happened, what is kept and what to do."""
        return (
            f"The samples have become nearly the same: at step {step} they differ {share:.0%} as much as the data do, "
            f"at step {self.best_step} it was {self.best:.0%}. {self.kept} "
            "Train again with a lower learning rate, another seed, or fewer steps."
        )

    @property
    def kept(self) -> str:
        """Which checkpoint is left."""
        return f"Kept is the checkpoint of step {self.sound_step}." if self.sound_step else "No checkpoint is kept."

    def advised(self, error: Diverged) -> Diverged:
        """The same with what is kept and what to do."""
        detail = f"{error.detail} {self.kept} Train again with a lower learning rate, or in single precision (fp32)."
        facts = error.facts | {"checkpoint": self.sound_step}
        return Diverged(detail, field=error.field, got=error.got, **facts)


def spread(fields: Fields) -> float:
    """The root of the mean variance over items of all continuous values; 0 where there are none."""
    parts = [one.float().reshape(len(one), -1) for one in fields.values() if one.is_floating_point() and len(one) > 1]
    return float(torch.cat(parts, 1).nan_to_num().var(0).mean().sqrt()) if parts else 0.0


@dataclass
class Looks:
    """A schedule of figures, and the weights that did best by the first metric that judges."""

    spread: Spread = field(default_factory=Spread)
    make: Make | None = None
    real: Sample | None = None  # unseen items
    metrics: tuple[Any, ...] = ()  # the first of them judges
    every: int = 0  # steps; 0 is never
    count: int = 500
    keep: Literal["last", "best"] = "last"
    best: float | None = None
    best_step: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)

    def due(self, step: int, steps: int) -> bool:
        """Whether figures are to be taken after this step."""
        return bool(self.every) and (step % self.every == 0 or step == steps)

    def look(self, step: int, nets: Mapping[str, Module], heed: Heed = lambda: None) -> dict[str, float]:
        """The figures at this step, by name; the weights are kept where they are the best so far."""
        made = Sample(self.make(nets, self.count, heed), None, self.real.spec)  # type: ignore[misc,union-attr]
        said = {}
        for metric in self.metrics:
            heed()
            figures = metric().measure(self.real, made, METRIC_SEED)
            said[metric.headline] = figures[metric.headline].value
        judge = self.metrics[0]
        value = said[judge.headline]
        if not math.isfinite(value):
            return said
        if self.best is None or (value > self.best if judge.better == "higher" else value < self.best):
            self.best, self.best_step = value, step
            if self.keep == "best":
                self.weights = copied(nets)
        return said

    def choose(self, nets: Mapping[str, Module], step: int) -> int:
        """Put the best weights into the networks where they are to be kept; returns the step that they are of."""
        if self.keep == "last" or not self.weights:
            return step
        for name, net in nets.items():
            prefix = f"{PREFIX}{name}/"
            own = {key.removeprefix(prefix): value for key, value in self.weights.items() if key.startswith(prefix)}
            net.load_state_dict(own)
        return self.best_step

    def numbers(self) -> dict[str, Any]:
        """What a checkpoint keeps beside `weights`, plain JSON."""
        seen = self.spread
        return {
            "best": self.best, "best_step": self.best_step, "most_varied": seen.best, "varied_step": seen.best_step,
            "fallen": seen.fallen, "sound_step": seen.sound_step,
        }  # fmt: skip

    def restore(self, tensors: Mapping[str, Tensor], said: Mapping[str, Any]) -> None:
        """Go on as a checkpoint says; one from before there were looks says nothing."""
        if not said:
            return
        self.best, self.best_step = said["best"], said["best_step"]
        seen = self.spread
        seen.best, seen.best_step = said["most_varied"], said["varied_step"]
        seen.fallen, seen.sound_step = said["fallen"], said["sound_step"]
        self.weights = {name: value for name, value in tensors.items() if name.startswith(PREFIX)}


def copied(nets: Mapping[str, Module]) -> dict[str, Tensor]:
    """The tensors of these networks as they are now, on the CPU."""
    return {
        f"{PREFIX}{name}/{key}": value.detach().cpu().contiguous().clone()
        for name, net in nets.items()
        for key, value in net.state_dict().items()
    }
