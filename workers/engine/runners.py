"""The loops of sampling, one for each way of it: they own the noise, the state and the number of steps.

A runner does not know whether `call` runs a graph in torch or in ONNX Runtime, so grids drawn in training, the parity
gate and generation all sample in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models_store.errors import InvalidInput, ProductError
from workers.contracts import Call, Fields, Graph, Leaning, MarksDuring, Port, Spec
from workers.engine.wishes import Noise, Wish, conditions

Watch = Callable[[Fields, int], None]  # what there is of a batch so far, and after how many steps


class CannotSample(ProductError):
    """No runner knows this way of sampling."""

    code, http_status = "cannot_sample", 422


@dataclass(frozen=True)
class Sampler:
    """All that sampling from one model needs, in torch or in ONNX Runtime."""

    family: Any
    spec: Spec
    modality: Any
    inputs: Sequence[Port]
    call: Call
    mark: MarksDuring | None = None  # under which items with a `mark_key` are drawn

    def fields(self, wishes: Sequence[Wish], watch: Watch | None = None) -> Fields:
        """The fields of these items, (B, ...); all have the same shared controls."""
        runner = RUNNERS.get(self.family.sampling)
        if runner is None:
            raise CannotSample(
                f"{self.family.name} samples by {self.family.sampling}.", expected=sorted(RUNNERS),
                got=self.family.sampling,
            )  # fmt: skip
        return runner(self, wishes, watch or (lambda made, steps: None))

    def ports(self, role: str) -> list[Port]:
        """The input ports of one role."""
        return [port for port in self.inputs if port.role == role]

    def leaning(self, wishes: Sequence[Wish]) -> Leaning | None:
        """How the draws of a batch lean to its marks, each item's to its own; None where there are none."""
        if self.mark is None or not all(wish.mark_key for wish in wishes):
            return None
        return self.mark.leaning([wish.mark_key for wish in wishes], self.spec.of_kind("token")[0].labels)


def one_shot(sampling: Sampler, wishes: Sequence[Wish], watch: Watch) -> Fields:
    """One call makes the items."""
    noise = Noise(sampling.ports("noise"), wishes).once()
    return sampling.family.step(sampling.call, noise, None, conditions(wishes, sampling.spec.classes))


def denoise(sampling: Sampler, wishes: Sequence[Wish], watch: Watch) -> Fields:
    """From noise to items in `num_inference_steps` steps (Sohl-Dickstein et al. 2015), t (B,) int64 from 0.

    What a step returns is handed on whole, so that a family may keep more than the fields: its last prediction, say.
    """
    family, controls, size = sampling.family, wishes[0].controls, len(wishes)
    parts = sampling.spec.of_kind("continuous")
    cond = conditions(wishes, sampling.spec.classes)
    x = Noise([Port(part.name, "noise", part.shape) for part in parts], wishes).once()
    fresh = Noise([Port("noise", "noise", parts[0].shape)] if family.draws_noise(controls) else [], wishes)
    steps = controls.model_dump()["num_inference_steps"]
    for place, t in enumerate(torch.arange(steps)[:, None].expand(steps, size)):
        x = family.step(sampling.call, x | fresh.next(), t, cond)
        watch({part.name: x[part.name] for part in parts}, place + 1)
    return {part.name: x[part.name] for part in parts}


def autoregressive(sampling: Sampler, wishes: Sequence[Wish], watch: Watch) -> Fields:
    """Token after token, each from those before it: (B, steps) int64 for each token field.

    An item has ended when its first token field shows the boundary; a batch ends with its last item. Tokens of the
    prompt take the place of what was drawn; what is drawn leans to the mark, where there is one.
    """
    family, size = sampling.family, len(wishes)
    names = [part.name for part in sampling.spec.of_kind("token")]
    given, steps = _prompt(sampling, wishes[0]), _length(sampling, wishes[0])
    cond, noise = conditions(wishes, sampling.spec.classes), Noise(sampling.ports("noise"), wishes)
    x: Fields = {port.name: zeros(port, size) for port in sampling.ports("state")}
    x |= {name: torch.zeros(size, dtype=torch.int64) for name in names}
    made: dict[str, Tensor] = {name: torch.zeros((steps, size), dtype=torch.int64) for name in names}
    begun, ended, leaning = len(given), torch.zeros(size, dtype=torch.bool), sampling.leaning(wishes)
    for place, t in enumerate(torch.arange(steps)[:, None].expand(steps, size)):
        chance = noise.next()
        if leaning is not None and place >= begun:
            chance = family.lean(chance, torch.from_numpy(leaning.bias()))
        x = family.step(sampling.call, x | chance, t, cond)
        if place < begun:
            x = x | {names[0]: given[place].expand(size).clone()}
        if leaning is not None:
            leaning.took(x[names[0]].numpy())
        for name in names:
            made[name][place] = x[name]
        if ended.logical_or_(x[names[0]] == 0).all():
            return closed({name: tokens[: place + 1] for name, tokens in made.items()}, names[0])
        watch({name: tokens.T for name, tokens in made.items()}, place + 1)
    return closed(made, names[0])


def closed(made: Fields, first: str) -> Fields:
    """Tokens (steps, B) as (B, steps), with the boundary in all fields from where the field `first` has its first."""
    own = (made[first] != 0).long().cumprod(0)
    return {name: (tokens * own).T.contiguous() for name, tokens in made.items()}


def zeros(port: Port, size: int) -> Tensor:
    """What a state is before the first step, (size, *shape)."""
    return torch.zeros((size, *port.shape), dtype=getattr(torch, port.dtype))


def _length(sampling: Sampler, wish: Wish) -> int:
    said = getattr(wish.controls, "length", None)
    return int(said) if said else sampling.spec.of_kind("token")[0].shape[0]


def _prompt(sampling: Sampler, wish: Wish) -> Tensor:
    said = getattr(wish.controls, "prompt", "")
    given = sampling.modality.prompt(said, sampling.spec) if said else torch.zeros(0, dtype=torch.int64)
    if len(given) >= _length(sampling, wish):
        raise InvalidInput(
            "The prompt leaves no room for anything to be made.", field="params.prompt", code="prompt_too_long",
            expected=f"fewer than {_length(sampling, wish)} tokens, the length", got=len(given),
        )  # fmt: skip
    return given


RUNNERS: Mapping[str, Callable[[Sampler, Sequence[Wish], Watch], Fields]] = {
    "one_shot": one_shot,
    "denoise": denoise,
    "autoregressive": autoregressive,
}


def in_torch(graphs: Mapping[str, Graph]) -> Call:
    """Calls the networks as they stand, in evaluation mode, on the device where they are."""

    def call(graph: str, /, **inputs: Tensor) -> Fields:
        module, ports = graphs[graph].module, [port.name for port in graphs[graph].inputs]
        if inputs.keys() != set(ports):  # ONNX Runtime would say so too, but only after the training
            raise ValueError(f"graph {graph!r} takes {sorted(ports)}, not {sorted(inputs)}")
        device = next(iter(module.state_dict().values())).device
        was = module.training
        with torch.no_grad():
            made = module.eval()(*(inputs[name].to(device) for name in ports))
        module.train(was)
        made = made if isinstance(made, tuple) else (made,)
        return {port.name: _plain(value) for port, value in zip(graphs[graph].outputs, made, strict=True)}

    return call


def _plain(value: Tensor) -> Tensor:
    return value.float().cpu() if value.is_floating_point() else value.cpu()


def of_networks(family: Any, graphs: Mapping[str, Graph], spec: Spec, modality: Any) -> Sampler:
    """Sampling from networks that are being trained."""
    inputs = {port.name: port for graph in graphs.values() for port in graph.inputs}
    return Sampler(family, spec, modality, list(inputs.values()), in_torch(graphs))
