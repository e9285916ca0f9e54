"""The one training loop: it asks a family for the phases of a step and owns all the rest.

Every draw comes from (seed, step, name), every batch from (seed, items seen), so that a training that was
interrupted anywhere goes on to the very weights it would have reached. Nothing augments the data yet; what will must
draw by (seed, step, name) too.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from models_store.errors import ProductError
from workers.contracts import Fields, Phase, Reporter, Scores, Spec, Stopped
from workers.engine import checkpoint
from workers.engine.device import Compute
from workers.engine.micro_batches import Part, PartStreams, Walk, parts_of
from workers.engine.parameters import LoopParameters
from workers.engine.sources import Source, batch_of
from workers.engine.streams import SeededStreams, generator
from workers.engine.training_state import TrainingState

SERIES_POINTS = 400  # at most so many entries of the loss series
PROGRESS_EVERY_S = 1.0
SCORED = 2000  # unseen items at most that a score is taken over
SCORED_ORDER = "holdout"  # the same items in the same order each time
GRID_SEED = "64"  # of the sample grids of every training: two trainings show what they make of the same noise


class Diverged(ProductError):
    """A loss is no longer a finite number."""

    code, http_status = "diverged", 422


@dataclass
class Training:
    """One training from its first or its resumed step to its last."""

    family: Any
    loop: LoopParameters
    spec: Spec
    sources: Mapping[str, Source]  # role -> training items
    seed: str
    compute: Compute
    folder: Path
    report: Reporter
    wants: Callable[[], str] = lambda: ""
    draw: Callable[[Mapping[str, Module], str], None] | None = None  # a sample grid of these networks to a file
    about: Mapping[str, Any] = field(default_factory=dict)  # kept in checkpoints: family, state version, data, ...
    holdout: Mapping[str, Source] = field(default_factory=dict)  # role -> items that nothing is learned from
    parent: Mapping[str, Tensor] = field(default_factory=dict)  # weights to begin with, as a bundle keeps them
    ground: Mapping[str, str] = field(default_factory=dict)  # what the bits depend on (promise.py), kept in checkpoints
    broken: tuple[str, ...] = ()  # why it is no longer the training that it would have been without interruption
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.compute.begin()
        self.state = TrainingState.begin(self.family, self.spec, self.seed, self.compute, self.parent)

    def resume(self, tensors: Mapping[str, Tensor], said: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.state.restore(tensors, said["state"])

    def run(self) -> TrainingState:
        """All steps that are left; Stopped when asked to leave, with the state saved."""
        last_said = -math.inf
        first, began = self.state.step, time.monotonic()
        self.report.progress(first, self.loop.steps, "steps")
        while self.state.step < self.loop.steps:
            self.obey(self.wants())
            self.step()
            if time.monotonic() - last_said >= PROGRESS_EVERY_S or self.state.step == self.loop.steps:
                last_said = time.monotonic()
                self.report.progress(self.state.step, self.loop.steps, "steps")
            if self.state.step % self.loop.sample_every == 0 or self.state.step == self.loop.steps:
                self.sample()
            if self.state.step % self.loop.checkpoint_every == 0 and self.state.step < self.loop.steps:
                self.save()
        self.seconds = time.monotonic() - began
        return self.state

    def obey(self, want: str) -> None:
        """Save when asked to; leave when asked to, after saving."""
        if want:
            self.save()
        if want and want != "save":
            raise Stopped(want, self.state.step)

    def step(self) -> None:
        """One step: a batch, and each phase of it."""
        state = self.state
        fields = batch_of(self.sources, self.seed, state.seen, self.loop.batch_size)
        walk = Walk(parts_of(self.loop.batch_size, self.compute.micro_batch), lambda part: self.phases(fields, part))
        while phase := walk.next():
            if state.step % phase.every == 0:
                self.learn(phase, walk)
        state.step, state.seen = state.step + 1, state.seen + self.loop.batch_size
        state.average(self.loop.average_decay)
        self.keep_series()

    def phases(self, fields: Fields, part: Part) -> Iterator[Phase]:
        """The phases of one part of the batch, each computed when it is asked for."""
        streams = SeededStreams(self.seed, self.state.step)
        batch = {name: self.compute.put(value[part.low : part.high]) for name, value in fields.items()}
        self.compute.seed(generator(self.seed, self.state.step, part.layers).initial_seed())  # dropout and the like
        rng = PartStreams(streams, part) if part.share < 1 else streams
        phases = self.family.phases(self.state.nets, batch, rng)
        while True:
            with self.compute.autocast():
                phase = next(phases, None)
            if phase is None:
                return
            yield phase

    def learn(self, phase: Phase, walk: Walk) -> None:
        """Mean over the batch, sum of the losses, one move of the optimisers of `learns`, if there are any."""
        learns = phase.learns
        for name in learns:
            self.state.optimizers[name].zero_grad(set_to_none=True)
        found = self.backward(phase, walk.part.share)
        for other in walk.others():
            for name, value in self.backward(other, walk.part.share).items():
                found[name] += value
        for name, value in found.items():
            self.state.sums[name] = self.state.sums.get(name, 0.0) + value
            self.state.counts[name] = self.state.counts.get(name, 0) + 1
        for name in learns:
            self.state.optimizers[name].step()

    def backward(self, phase: Phase, share: float) -> dict[str, float]:
        """Add the gradients of a part of the batch to those of `learns`; returns its share of each mean loss."""
        state, means = self.state, {name: loss.float().mean() for name, loss in phase.losses.items()}
        if share < 1:
            means = {name: mean * share for name, mean in means.items()}
        values = {name: mean.item() for name, mean in means.items()}
        for name, value in values.items():
            if not math.isfinite(value):
                raise Diverged(
                    f"Loss {name!r} is {value} at step {state.step}.", field=name, got=str(value), step=state.step
                )
        weights = [weight for name in phase.learns for weight in state.nets[name].parameters() if weight.requires_grad]
        if phase.learns:
            torch.stack(list(means.values())).sum().backward(inputs=weights)
        return values

    def keep_series(self) -> None:
        """Every few steps, the mean of each loss since the last entry."""
        state = self.state
        if state.step % math.ceil(self.loop.steps / SERIES_POINTS) and state.step != self.loop.steps:
            return
        values = {name: total / state.counts[name] for name, total in state.sums.items()}
        state.series.append({"step": state.step, "values": values})
        state.sums, state.counts = {}, {}
        self.report.metric(state.step, values)

    def sample(self) -> None:
        """Figures on unseen items, and a grid from fixed noise, so that the grids of a training can be compared."""
        if scores := self.scores():
            self.report.metric(self.state.step, {f"holdout_{name}": said["value"] for name, said in scores.items()})
        if self.draw is None:
            return
        file = f"samples/{self.state.step:08d}.png"
        (self.folder / "samples").mkdir(exist_ok=True)
        self.draw(self.state.exported(), file)
        self.report.sample(self.state.step, file, GRID_SEED)

    def scores(self) -> dict[str, dict[str, float | int]]:
        """{name: {value, n}} over at most SCORED unseen items, where the family can say and there are some.

        The networks are taken as they would be exported; nothing that a later step depends on is touched.
        """
        if not isinstance(self.family, Scores) or not self.holdout:
            return {}
        nets = self.state.exported()
        training = {name: net.training for name, net in nets.items()}
        count = min(SCORED, *(len(source) for source in self.holdout.values()))
        size = self.compute.micro_batch or self.loop.batch_size
        found: dict[str, list[Tensor]] = {}
        for net in nets.values():
            net.eval()
        with torch.no_grad(), self.compute.autocast():
            for seen in range(0, count, size):
                fields = batch_of(self.holdout, SCORED_ORDER, seen, min(size, count - seen))
                batch = {name: self.compute.put(part) for name, part in fields.items()}
                for name, values in self.family.scores(nets, batch, SeededStreams(SCORED_ORDER, seen)).items():
                    found.setdefault(name, []).append(values.float().cpu())
        for name, net in nets.items():
            net.train(training[name])
        return {name: {"value": float(torch.cat(parts).mean()), "n": count} for name, parts in found.items()}

    def save(self) -> None:
        """A checkpoint of this very step."""
        root = self.folder / "checkpoints"
        said: dict[str, Any] = {"about": dict(self.about), "compute": self.compute.as_dict()}
        said |= {"state": self.state.numbers(), "ground": dict(self.ground), "broken": list(self.broken)}
        checkpoint.write(root, self.state.step, self.state.tensors(), said)
        self.report.checkpoint(self.state.step, f"checkpoints/{self.state.step}")
        checkpoint.prune(root)
