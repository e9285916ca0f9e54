"""The one training loop: it asks a family for the phases of a step and owns all the rest.

Every draw comes from (seed, step, name), every batch from (seed, items seen), so that a training that was
interrupted anywhere goes on to the very weights it would have reached. What augments the data draws like that too.
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
from torch.nn import Module, Parameter

from workers.contracts import Fields, Phase, Reporter, Scores, Spec, Stopped
from workers.engine import checkpoint
from workers.engine.batches import Batches, room
from workers.engine.device import Compute
from workers.engine.freezing import freeze, patterns_of
from workers.engine.group import ALONE, Group
from workers.engine.looks import Heed, Looks
from workers.engine.losses import KEPT_ON_GPU, Diverged, Losses
from workers.engine.micro_batches import Part, PartStreams, Walk, parts_of
from workers.engine.parameters import LoopParameters
from workers.engine.sound_weights import first_unsound
from workers.engine.sources import Source, batch_of
from workers.engine.streams import SeededStreams, generator
from workers.engine.training_state import TrainingState

SERIES_POINTS = 400  # at most so many entries of the loss series
PROGRESS_EVERY_S = 1.0
SCORED = 2000  # unseen items at most that a score is taken over
SCORED_ORDER = "holdout"  # the same items in the same order each time
GRID_SEED = "64"  # of the sample grids of every training: two trainings show what they make of the same noise

Draw = Callable[[Mapping[str, Module], str, Heed], Fields]  # a sample grid of these networks to a file


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
    draw: Draw | None = None
    about: Mapping[str, Any] = field(default_factory=dict)  # kept in checkpoints: family, state version, data, ...
    holdout: Mapping[str, Source] = field(default_factory=dict)  # role -> items that nothing is learned from
    parent: Mapping[str, Tensor] = field(default_factory=dict)  # weights to begin with, as a bundle keeps them
    ground: Mapping[str, str] = field(default_factory=dict)  # what the bits depend on (promise.py), kept in checkpoints
    broken: tuple[str, ...] = ()  # why it is no longer the training that it would have been without interruption
    looks: Looks = field(default_factory=Looks)  # whether it collapses, figures on a schedule, the best weights
    group: Group = ALONE  # the processes that train together, this one among them
    owed: list[str] = field(default_factory=list)  # what is yet to be looked at of this step: "sample", "look"
    saved: int = -1  # the step of the newest checkpoint
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.compute.begin(self.group.size)
        self.state = TrainingState.begin(self.family, self.spec, self.seed, self.compute, self.parent)
        self.frozen = freeze(self.state.nets, patterns_of(self.loop.freeze))
        self.batches = Batches(self.sources, self.seed, self.compute, room(self.compute) // self.group.size)
        self.losses = Losses(self.state, KEPT_ON_GPU if self.compute.on_gpu else 0)
        self._weights: dict[tuple[str, ...], list[Parameter]] = {}

    def resume(self, tensors: Mapping[str, Tensor], said: Mapping[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.state.restore(tensors, said["state"])
        self.looks.restore(tensors, said.get("looks", {}))
        self.owed, self.saved = list(said.get("owed", ())), self.state.step

    def run(self) -> TrainingState:
        """All steps that are left; Stopped when asked to leave, with the state saved."""
        try:
            return self.go_on()
        except Diverged as error:
            raise self.looks.spread.advised(error) from None

    def go_on(self) -> TrainingState:
        """What `run` does; Diverged where a loss or a weight is no number."""
        last_said = -math.inf
        first, began = self.state.step, time.monotonic()
        self.report.progress(first, self.loop.steps, "steps")
        if self.owed:
            self.settle()
        while self.state.step < self.loop.steps:
            self.obey(self.wants())
            self.step()
            if time.monotonic() - last_said >= PROGRESS_EVERY_S or self.state.step == self.loop.steps:
                last_said = time.monotonic()
                self.report.progress(self.state.step, self.loop.steps, "steps")
            self.owed = self.due()
            self.settle()
        self.seconds = time.monotonic() - began
        self.batches.close()
        return self.state

    def due(self) -> list[str]:
        """What is to be looked at after this step."""
        step, steps = self.state.step, self.loop.steps
        when = {"sample": step % self.loop.sample_every == 0 or step == steps, "look": self.looks.due(step, steps)}
        return [name for name, is_due in when.items() if is_due]

    def settle(self) -> None:
        """Look at what is owed, then save where the schedule says so; who leaves midway begins that look again."""
        while self.owed:
            try:
                {"sample": self.sample, "look": self.look}[self.owed[0]]()
            except Stopped as why:
                self.leave(why.why)
            self.owed = self.owed[1:]
        saves = self.state.step % self.loop.checkpoint_every == 0 and self.state.step < self.loop.steps
        if saves and not self.looks.spread.suspicious:
            self.save()

    def leave(self, want: str) -> None:
        """Stopped, from amid a look of the first process; the others ask next what it is told, if a step is left."""
        if self.state.step < self.loop.steps:
            self.obey(want)
        self.save()
        raise Stopped(want, self.state.step)

    def heed(self) -> None:
        """Stopped where a look is not to be waited for: it may outlast the grace of who asks."""
        if (want := self.wants()) and want != "save":
            raise Stopped(want, self.state.step)

    def obey(self, want: str) -> None:
        """Save when asked to; leave when asked to, after saving. What the first process is asked counts for all."""
        want = self.group.told(want)
        if want:
            self.save()
        if want and want != "save":
            raise Stopped(want, self.state.step)

    def step(self) -> None:
        """One step: a batch, and each phase of it."""
        state = self.state
        self.frozen.hold()
        low, high = self.group.rows(self.loop.batch_size)
        fields = self.batches.at(state.seen, self.loop.batch_size, low, high)
        before = [one.clone() for one in state.measured] if self.group.size > 1 else []
        parts = parts_of(self.loop.batch_size, self.compute.micro_batch, low, high)
        walk = Walk(parts, lambda part: self.phases(fields, part, low))
        while phase := walk.next():
            self.learn(phase, walk)
        if before:
            self.group.even_out(state.measured, before)
        state.step, state.seen = state.step + 1, state.seen + self.loop.batch_size
        state.average(self.loop.average_decay)
        self.keep_series()

    def phases(self, fields: Fields, part: Part, first: int = 0) -> Iterator[Phase]:
        """The phases of one part of the batch, each computed when it is asked for; `fields` begin with row `first`."""
        streams = SeededStreams(self.seed, self.state.step)
        batch = {name: value[part.low - first : part.high - first] for name, value in fields.items()}
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
        weights = self.weights(phase.learns)
        for weight in weights:
            weight.grad = None
        means = self.backward(phase, walk.part.share, weights)
        for other in walk.others():
            means = means + self.backward(other, walk.part.share, weights)
        self.group.add_up([*(weight.grad for weight in weights if weight.grad is not None), means])
        self.losses.take(tuple(phase.losses), means)
        for name in phase.learns:
            self.state.optimizers[name].step()

    def backward(self, phase: Phase, share: float, weights: list[Parameter]) -> Tensor:
        """Add the gradients of a part of the batch to those of the weights; returns its share of each mean loss."""
        means = torch.stack([loss.float().mean() for loss in phase.losses.values()])
        if share < 1:
            means = means * share
        if weights:
            means.sum().backward(inputs=weights)
        return means.detach()

    def weights(self, learns: tuple[str, ...]) -> list[Parameter]:
        """What learns of these networks, listed once: walking the modules costs as much as a small layer."""
        if learns not in self._weights:
            found = [weight for name in learns for weight in self.state.nets[name].parameters()]
            self._weights[learns] = [weight for weight in found if weight.requires_grad]
        return self._weights[learns]

    def keep_series(self) -> None:
        """Every few steps, the mean of each loss since the last entry."""
        state = self.state
        if state.step % math.ceil(self.loop.steps / SERIES_POINTS) and state.step != self.loop.steps:
            return
        self.losses.read()
        values = {name: total / state.counts[name] for name, total in state.sums.items()}
        state.series.append({"step": state.step, "values": values})
        state.sums, state.counts = {}, {}
        self.report.metric(state.step, values)

    def sample(self) -> None:
        """Figures on unseen items, and a grid from fixed noise, so that the grids of a training can be compared."""
        if not self.group.first:
            return
        scores, step = self.scores(self.heed), self.state.step
        file = f"samples/{step:08d}.png"
        if self.draw is not None:
            (self.folder / "samples").mkdir(exist_ok=True)
            made = self.draw(self.state.exported(), file, self.heed)
        if scores:
            self.report.metric(step, {f"holdout_{name}": said["value"] for name, said in scores.items()})
        if self.draw is not None:
            self.report.sample(step, file, GRID_SEED)
            self.looks.spread.look(step, made)

    def look(self) -> None:
        """Figures of fresh samples. What measures them hears of no wish to leave, so the state is saved before: ended
        by force, the training loses this look alone. Once only, for what is saved counts as getting on.
        """
        if not self.group.first:
            return
        if self.saved < self.state.step and not self.looks.spread.suspicious:
            self.save()
        self.report.metric(self.state.step, self.looks.look(self.state.step, self.state.exported(), self.heed))

    def scores(self, heed: Heed = lambda: None) -> dict[str, dict[str, float | int]]:
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
                heed()
                fields = batch_of(self.holdout, SCORED_ORDER, seen, min(size, count - seen))
                batch = {name: self.compute.put(part) for name, part in fields.items()}
                for name, values in self.family.scores(nets, batch, SeededStreams(SCORED_ORDER, seen)).items():
                    found.setdefault(name, []).append(values.float().cpu())
        for name, net in nets.items():
            net.train(training[name])
        return {name: {"value": float(torch.cat(parts).mean()), "n": count} for name, parts in found.items()}

    def save(self) -> None:
        """A checkpoint of this very step, by the first process: the state of one is that of all."""
        self.losses.read()
        if not self.group.first:
            return
        root = self.folder / "checkpoints"
        said: dict[str, Any] = {"about": dict(self.about), "compute": self.compute.as_dict()}
        said |= {"state": self.state.numbers(), "ground": dict(self.ground), "broken": list(self.broken)}
        said |= {"processes": self.group.size}
        if not self.looks.spread.suspicious:
            self.looks.spread.sound_step = self.state.step
        said |= {"looks": self.looks.numbers(), "owed": self.owed}
        tensors = self.state.tensors() | self.looks.weights
        if name := first_unsound(tensors):
            raise Diverged(f"{name} is NaN at step {self.state.step}.", field=name, got="NaN", step=self.state.step)
        checkpoint.write(root, self.state.step, tensors, said)
        self.saved = self.state.step
        self.report.checkpoint(self.state.step, f"checkpoints/{self.state.step}")
        checkpoint.prune(root)
