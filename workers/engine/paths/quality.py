"""Whether whole items made on a path are the items that the published graph makes in fp32 from the same noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workers.contracts import Call, Fields
from workers.engine.runners import Sampler
from workers.engine.wishes import Wish, plain

ITEMS = 8
MOST_STEPS = {"num_inference_steps": 20, "length": 64}  # of samplings that are only compared
LEAST_SPREAD = 1e-6  # items that are all one and the same cannot be told apart, whatever made them


def wishes(sampling: Sampler) -> list[Wish]:
    """A few items under the family's defaults, with fewer steps where there are many."""
    controls = sampling.family.controls()
    bounds = {name: most for name, most in MOST_STEPS.items() if name in type(controls).model_fields}
    fewer = {name: min(getattr(controls, name) or most, most) for name, most in bounds.items()}
    return [replace(wish, controls=controls.model_copy(update=fewer)) for wish in plain("paths", range(ITEMS))]


def made(sampling: Sampler, call: Call) -> Fields:
    """Those items, each field (ITEMS, ...)."""
    return replace(sampling, call=call).fields(wishes(sampling))


def same(one: Fields, other: Fields) -> float:
    """1 where `other` holds the same items as `one`, 0 where they are as unlike as one item is to the next.

    Unlike is the root mean square of the difference of numbers, and the share of others among tokens and categories.
    The least of all fields counts.
    """
    return min(_same(value, other[name]) for name, value in one.items())


def _same(one: Tensor, other: Tensor) -> float:
    if one.shape != other.shape:
        return 0.0  # another length is another text
    between, spread = unlike(one, other), unlike(one, one.roll(1, 0))
    if spread < LEAST_SPREAD:
        return 1.0 if between < LEAST_SPREAD else 0.0
    return max(0.0, 1.0 - between / spread)


def unlike(one: Tensor, other: Tensor) -> float:
    """The mean over items of how unlike they are."""
    if one.is_floating_point():
        apart = torch.nan_to_num(one.double() - other.double(), nan=0.0).flatten(1)
        return float(apart.square().mean(1).sqrt().mean())
    return float((one != other).double().mean())


class Noted:
    """A call (contracts.Call) that keeps what each graph was called with: {graph: [{input: (B, ...)}, ...]}."""

    def __init__(self, call: Call, most: int) -> None:
        self.fed: dict[str, list[dict[str, NDArray[Any]]]] = {}
        self._call, self._most = call, most

    def __call__(self, graph: str, /, **inputs: Tensor) -> Fields:
        kept = self.fed.setdefault(graph, [])
        if len(kept) < self._most:
            kept.append({name: value.numpy().copy() for name, value in inputs.items()})
        return self._call(graph, **inputs)


def call_of(opened: Mapping[str, Any], outputs: Mapping[str, list[str]]) -> Call:
    """A call on graphs that are open (opening.Open)."""

    def call(graph: str, /, **inputs: Tensor) -> Fields:
        fed = {name: np.ascontiguousarray(value.numpy()) for name, value in inputs.items()}
        return dict(zip(outputs[graph], map(torch.from_numpy, opened[graph].run(outputs[graph], fed)), strict=True))

    return call
