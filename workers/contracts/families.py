"""Families: the theory of a method, apart from every loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

from workers.contracts.data import Fields, Nets, Spec

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer


Sampling = Literal["one_shot", "denoise", "autoregressive", "transform"]


@dataclass(frozen=True)
class Role:
    """One input of a job: what it takes, whether it must be there, which modalities fit (empty: all)."""

    takes: Literal["dataset_version", "model_version", "upload"]
    required: bool = True
    modalities: tuple[str, ...] = ()


PARENT = Role("model_version", required=False)  # a model of the same family to go on from


@dataclass(frozen=True)
class Phase:
    """One move of a training step: these networks learn from these losses, each per sample (B,).

    The loop averages the losses over the batch, sums them, steps the optimisers of `learns` and only then asks for
    the next phase, so that a later phase sees what an earlier one changed. What is not for every step asks `rng.step`.
    Where `learns` is empty, the losses are figures that are reported and nothing moves. A family with several phases
    may be asked for those before a phase once more (workers/engine/micro_batches.py), and keeps no account of its own.
    """

    learns: tuple[str, ...]
    losses: Mapping[str, Tensor]


@dataclass(frozen=True)
class Port:
    """One named input or output of an exported graph.

    The runner draws `noise` and hands `state` and `token` on from one step to the next; `step` fills `t` and
    `condition`, of which it is told. An integer port counts up to `size`.
    """

    name: str
    role: Literal["noise", "state", "token", "t", "condition", "field"]
    shape: tuple[int, ...]
    dtype: str = "float32"
    size: int | None = None


@dataclass(frozen=True)
class Graph:
    """One network as it is exported to ONNX: positional inputs and outputs in the order of the ports.

    An input that several graphs have under one name is one and the same port. No output is NaN, which the parity gate
    could not tell from a mistake: a missing value comes out as a number beside it, and `step` puts the NaN.
    """

    module: Module
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


class Call(Protocol):
    """Runs a named graph, in torch or in ONNX Runtime: `call("generator", noise=z)["image"]`."""

    def __call__(self, graph: str, /, **inputs: Tensor) -> Fields: ...


class Streams(Protocol):
    """Randomness by name, a pure function of (seed, step, name).

    A draw for each item begins its shape with the number of items of the batch: where a batch is computed in parts, a
    part gets its rows of it. `step` counts the steps of the training from 0: what changes on its way goes by it.
    """

    @property
    def step(self) -> int: ...
    def normal(self, name: str, *shape: int) -> Tensor: ...
    def uniform(self, name: str, *shape: int) -> Tensor: ...
    def integers(self, name: str, low: int, high: int, *shape: int) -> Tensor: ...


class Controls(BaseModel):
    """What may be chosen each time a model is sampled: a family's own class adds a `knob` for each.

    They reach `step` in `cond`, one value per item, (B,): numbers with a fraction float32, whole numbers, switches,
    classes and choices int64, a choice as its place in its `Literal`. One batch may hold several fractions and classes;
    whole numbers, switches, choices and texts are the same for all of it. Texts stay with the runner: an autoregressive
    one reads `prompt`, a text that the item begins with, and `length`, tokens at most. No control is called like a
    parameter of the kind that samples (`count`, `sweep`, ...).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class Preset:
    """Parameters that people begin with, by a name: what it does not say keeps its default.

    `values` are of the family and of the loop, as a user would write them; the contract tests check them.
    """

    name: str
    title: str
    title_zh: str
    values: Mapping[str, Any]


class Family(Protocol):
    """A generative method. The engine owns loop, optimiser steps, averaging, checkpoints, export and sampling.

    `spec` is that of the data; where a family takes several data sets, their fields are called `role/name`, and the
    first of the roles, in alphabetical order, says what it makes. What a family may have beyond this: `Scores`,
    `Reconstructs`, `Inspects`, `private = True` where it keeps single records of the data private, `presets`, a tuple
    of `Preset`, and one honest line each of what it is good for and what not: `good_for`, `good_for_zh`, `not_for`,
    `not_for_zh`.
    """

    name: ClassVar[str]
    roles: ClassVar[Mapping[str, Role]]  # `parent`, a model version, is where the training starts from
    item_shapes: ClassVar[tuple[tuple[int, ...], ...]]  # of the continuous field, where only some can be learned
    sampling: ClassVar[Sampling]
    controls: ClassVar[type[Controls]]
    state_version: ClassVar[int]  # a resume is refused only when this changed
    releases: ClassVar[bool]  # whether what it makes may leave as generated; a baseline of real items may not
    averaged: ClassVar[tuple[str, ...]]  # networks that are exported as their running average
    defaults: ClassVar[Mapping[str, Any]]  # of the loop's parameters, where the family knows better
    tolerance: ClassVar[float]  # largest |torch - ONNX| that the parity gate accepts
    toy: ClassVar[Mapping[str, Any]]  # parameters so small that the contract tests train it on `toy_spec`
    toy_spec: ClassVar[Spec]

    def check(self, spec: Spec) -> None:
        """Raise InvalidInput where this family cannot train on such data."""
        ...

    def build(self, spec: Spec) -> dict[str, Module]:
        """The networks by name, of fresh weights; also asked for on the meta device, to know how large they are."""
        ...

    def optimizers(self, nets: Nets) -> dict[str, Optimizer]: ...
    def phases(self, nets: Nets, batch: Fields, rng: Streams) -> Iterator[Phase]: ...
    def graphs(self, nets: Nets, spec: Spec) -> dict[str, Graph]: ...
    def step(self, call: Call, x: Fields, t: Tensor | None, cond: Fields) -> Fields:
        """One step of sampling.

        one_shot: `x` holds the noise ports, (B, *shape); returns the fields of B items.
        autoregressive: `x` holds the noise of this step, every state port (zeros at first) and the last token of each
        token field, (B,) int64; returns states and tokens, under the same names, for step `t` + 1. `t` is (B,) int64.
        denoise: `x` holds the continuous fields, standard normal at first, what the step before returned besides, and
        a fresh `noise` where `draws_noise(controls)` says so; returns the fields, and what it wants to find in the
        next step. `t` (B,) int64 counts from 0 up to the control `num_inference_steps`.
        """
        ...


@runtime_checkable
class Scores(Protocol):
    """A family that can say how well it does on items it has not seen."""

    def scores(self, nets: Nets, batch: Fields, rng: Streams) -> Mapping[str, Tensor]:
        """Named figures (B,), one per item of `batch`; the loop reports their means over the holdout."""
        ...


@runtime_checkable
class Leanable(Protocol):
    """A family whose draws can be leaned on: an autoregressive one, for marks that act while an item is made."""

    def lean(self, noise: Fields, bias: Tensor) -> Fields:
        """The noise of a step under which `step` draws as if `bias` (B, tokens) were added to the last logits.

        It is that of the first token field, beyond any control such as a temperature; 0 leaves a token as it was.
        """
        ...


@runtime_checkable
class Reconstructs(Protocol):
    """A family that can bring an item back from what it remembers of it."""

    def reconstruct(self, call: Call, item: Fields) -> Fields:
        """The one continuous field of B items as it comes back, under the same name, (B, *shape)."""
        ...


@runtime_checkable
class Inspects(Protocol):
    """A family that can say how unusual an item is to it, and where."""

    def anomaly(self, call: Call, item: Fields) -> Fields:
        """`map`, 0 or more: how far each place of B pictures is from what the model knows, (B, H, W).

        `item` is the one continuous field. Further figures of the items may stand beside the map, (B,), larger where an
        item is more unusual.
        """
        ...
