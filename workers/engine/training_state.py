"""Everything a training is made of at one step: what a checkpoint holds and a resume restores, to the last bit."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from models_store.errors import IntegrityFailure, InvalidInput
from workers.contracts import Graph, Spec
from workers.engine.device import Compute
from workers.engine.streams import generator
from workers.nets.kept_together import KeptTogether


@dataclass
class TrainingState:
    """Networks, optimisers, averages, and the counters beside them."""

    nets: dict[str, Module]
    optimizers: dict[str, Optimizer]
    averages: dict[str, Module]
    step: int = 0
    seen: int = 0  # items taken from the data order
    series: list[dict[str, Any]] = field(default_factory=list)  # [{"step", "values"}]
    sums: dict[str, float] = field(default_factory=dict)  # of losses since the last entry of the series
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def begin(
        cls, family: Any, spec: Spec, seed: str, compute: Compute, parent: Mapping[str, Tensor] | None = None
    ) -> TrainingState:
        """Networks, a pure function of the seed; what a `parent` exported takes the place of fresh weights."""
        with torch.random.fork_rng():
            torch.manual_seed(generator(seed, 0, "weights").initial_seed())
            nets = {name: compute.place(net).train() for name, net in family.build(spec).items()}
        if parent:
            adopt(family.graphs(nets, spec), parent)
        averages = {name: copy.deepcopy(nets[name]).eval().requires_grad_(False) for name in family.averaged}
        return cls(nets, dict(family.optimizers(nets)), averages)

    def exported(self) -> dict[str, Module]:
        """The networks as they are sampled and exported: averaged where the family says so."""
        return self.nets | self.averages

    def average(self, decay: float) -> None:
        """Move the averages, buffers included, towards the networks; early on faster than `decay` says."""
        decay = min(decay, (1 + self.step) / (10 + self.step))
        (kept, now), (counts_kept, counts_now) = self.averaged
        with torch.no_grad():
            if kept:
                torch._foreach_lerp_(kept, now, 1 - decay)
            if counts_kept:
                torch._foreach_copy_(counts_kept, counts_now)

    @cached_property
    def averaged(self) -> tuple[tuple[list[Tensor], list[Tensor]], tuple[list[Tensor], list[Tensor]]]:
        """(averages, networks) of every tensor with a fraction, then of the others; all are changed in place only.

        Listed once: walking the modules takes as long as averaging a small network.
        """
        floats: tuple[list[Tensor], list[Tensor]] = ([], [])
        others: tuple[list[Tensor], list[Tensor]] = ([], [])
        for name, average in self.averages.items():
            now = self.nets[name].state_dict()
            for key, value in average.state_dict().items():
                kept, taken = floats if value.is_floating_point() else others
                kept.append(value)
                taken.append(now[key])
        return floats, others

    @cached_property
    def measured(self) -> list[Tensor]:
        """Buffers with a fraction, such as running means: what networks keep of the items that they see."""
        return [one for net in self.nets.values() for one in net.buffers() if one.is_floating_point()]

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by a flat name, contiguous and on the CPU."""
        flat: dict[str, Tensor] = {}
        for kind, modules in (("nets", self.nets), ("averages", self.averages)):
            for name, module in modules.items():
                flat |= {f"{kind}/{name}/{key}": value for key, value in module.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            for index, kept in optimizer.state_dict()["state"].items():
                tensors = {key: value for key, value in kept.items() if isinstance(value, Tensor)}
                flat |= {f"optimizers/{name}/{index}/{key}": value for key, value in tensors.items()}
        return {key: value.detach().cpu().contiguous().clone() for key, value in flat.items()}

    def numbers(self) -> dict[str, Any]:
        """All that is no tensor, as plain JSON."""
        optimizers = {}
        for name, optimizer in self.optimizers.items():
            said = optimizer.state_dict()
            plain = {
                str(index): {key: value for key, value in kept.items() if not isinstance(value, Tensor)}
                for index, kept in said["state"].items()
            }
            optimizers[name] = {"groups": said["param_groups"], "state": plain}
        counters = {"step": self.step, "seen": self.seen, "sums": self.sums, "counts": self.counts}
        return counters | {"series": self.series, "optimizers": optimizers}

    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Take the place of the state that `tensors()` and `numbers()` gave."""
        for kind, modules in (("nets", self.nets), ("averages", self.averages)):
            for name, module in modules.items():
                prefix = f"{kind}/{name}/"
                kept = {key.removeprefix(prefix): tensors[key] for key in tensors if key.startswith(prefix)}
                try:
                    module.load_state_dict(kept)
                except RuntimeError as error:
                    raise IntegrityFailure(f"The checkpoint does not fit: {error}", field=f"{kind}.{name}") from None
        for name, optimizer in self.optimizers.items():
            restore_optimizer(optimizer, name, tensors, numbers["optimizers"][name])
        self.step, self.seen = numbers["step"], numbers["seen"]
        self.series, self.sums, self.counts = numbers["series"], numbers["sums"], numbers["counts"]


def adopt(graphs: Mapping[str, Graph], weights: Mapping[str, Tensor]) -> None:
    """Put a bundle's weights (`graph/name`) into the networks behind its graphs; InvalidInput where they do not fit."""
    for name, graph in graphs.items():
        own = graph.module.state_dict()
        kept = {key.removeprefix(f"{name}/"): value for key, value in weights.items() if key.startswith(f"{name}/")}
        if isinstance(graph.module, KeptTogether):
            kept = graph.module.to_adopt(kept)
        for key, value in own.items():
            found = kept.get(key)
            if found is None or found.shape != value.shape:
                raise InvalidInput(
                    "The parent model has networks of another shape.", code="parent_mismatch", field="inputs.parent",
                    expected=f"{name}/{key} of shape {list(value.shape)}",
                    got="none" if found is None else list(found.shape),
                )  # fmt: skip
        graph.module.load_state_dict({key: kept[key] for key in own})


def restore_optimizer(optimizer: Optimizer, name: str, tensors: Mapping[str, Tensor], said: Mapping[str, Any]) -> None:
    """Give an optimiser its state back; moments take the memory order of their parameters, as they had it."""
    for group, kept in zip(optimizer.param_groups, said["groups"], strict=True):
        plain = {key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()}
        group.update({key: value for key, value in plain.items() if key != "params"})
    order = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, parameter in enumerate(order):
        prefix = f"optimizers/{name}/{index}/"
        state: dict[str, Any] = dict(said["state"].get(str(index), {}))
        for key in (key for key in tensors if key.startswith(prefix)):
            value = tensors[key]
            alike = value.shape == parameter.shape and value.dim() > 0
            state[key.removeprefix(prefix)] = torch.empty_like(parameter).copy_(value) if alike else value.clone()
        if state:
            optimizer.state[parameter] = state
