"""A bound on what is trained: networks that could not be exported are refused before any memory is taken."""

from __future__ import annotations

from typing import Any

import torch

from models_store.errors import InvalidInput
from workers.contracts import Spec

LARGEST_WEIGHTS = 200_000_000  # of all networks of a family together; an ONNX file ends at 2 GB


class NetworkTooLarge(InvalidInput):
    """These parameters make larger networks than can be exported: take smaller ones."""

    code = "network_too_large"


def check_size(family: Any, spec: Spec) -> None:
    """NetworkTooLarge where the networks for such data have too many weights; it names the parameters that decide."""
    with torch.device("meta"):
        weights = sum(weight.numel() for net in family.build(spec).values() for weight in net.parameters())
    if weights > LARGEST_WEIGHTS:
        known = type(family).model_json_schema().get("properties", {})
        deciding = ", ".join(name for name, said in known.items() if said.get("shapes"))
        raise NetworkTooLarge(field=f"params: {deciding}", expected=f"at most {LARGEST_WEIGHTS} weights", got=weights)
