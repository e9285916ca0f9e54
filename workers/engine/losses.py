"""The losses of a training as they are reported: summed up in its state, and the end of it where one is no number."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from models_store.errors import ProductError
from workers.engine.training_state import TrainingState

KEPT_ON_GPU = 32  # phases at most whose losses stay on the GPU, since reading them waits for all it has to do


class Diverged(ProductError):
    """A loss is no longer a finite number."""

    code, http_status = "diverged", 422


class Losses:
    """Means over batches by name; on a GPU they are read some phases late, and with them that one is no number."""

    def __init__(self, state: TrainingState, kept: int = 0) -> None:
        self.state, self.kept = state, kept
        self._unread: list[tuple[int, tuple[str, ...], Tensor]] = []

    def take(self, names: tuple[str, ...], means: Tensor) -> None:
        """Those of one phase of the step that the state stands at, (names,)."""
        self._unread.append((self.state.step, names, means))
        if len(self._unread) > self.kept:
            self.read()

    def read(self) -> None:
        """Add to the sums of the state; Diverged names the first that is not finite, and its step."""
        unread, self._unread = self._unread, []
        if not unread:
            return
        found = iter(torch.cat([means for _, _, means in unread]).tolist())
        for step, names, _ in unread:
            for name in names:
                value = next(found)
                if not math.isfinite(value):
                    raise Diverged(f"Loss {name!r} is {value} at step {step}.", field=name, got=str(value), step=step)
                self.state.sums[name] = self.state.sums.get(name, 0.0) + value
                self.state.counts[name] = self.state.counts.get(name, 0) + 1
