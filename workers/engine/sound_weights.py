"""Weights that are numbers: asked of whatever a training begins with, and before anything is kept of it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from models_store.errors import InvalidInput


class UnsoundWeights(InvalidInput):
    """Weights are no numbers (NaN): nothing can be learned from them."""

    code = "nan_weights"


def first_unsound(weights: Mapping[str, Tensor]) -> str:
    """The name of the first that holds a NaN; "" where there is none. An infinite value may be a mask, and passes."""
    return next((name for name, value in weights.items() if value.is_floating_point() and value.isnan().any()), "")


def refuse_unsound(weights: Mapping[str, Tensor], *, field: str, detail: str) -> None:
    """UnsoundWeights that names the weight, with the way out in `detail`."""
    if name := first_unsound(weights):
        raise UnsoundWeights(detail, field=field, expected="numbers", got=f"NaN in {name}")
