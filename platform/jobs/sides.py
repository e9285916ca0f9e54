"""Sizes of pictures that depend on how a family is set: asked before a training waits for its turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.models import Plugin
from jobs.controls import spec_of
from jobs.request import Named
from jobs.values_of_data import field_of
from models_store.errors import InvalidInput


def check_sides(family: Plugin, params: Mapping[str, Any], inputs: Mapping[str, Named]) -> None:
    """`wrong_shape` where pictures do not fit a parameter that says so (workers/contracts/parameters.py: sides)."""
    for role, needs in family.abilities.get("roles", {}).items():
        spec = spec_of(inputs.get(role)) if needs["takes"] == "dataset_version" else None
        picture = field_of(spec, "continuous") if spec and spec.get("modality") == "image" else None
        if picture is None:
            continue
        sides = [int(side) for side in picture["shape"][1:]]
        for name, said in family.schema.get("properties", {}).items():
            value = params.get(name, said.get("default"))
            if said.get("divides_sides") and any(side % value for side in sides):
                raise _unfit(name, value, sides, f"a multiple of {value}")
            allowed = said["sides"].get(value) if "sides" in said else None
            if allowed and (len(set(sides)) > 1 or sides[0] not in allowed):
                raise _unfit(name, value, sides, allowed)


def _unfit(name: str, value: Any, sides: list[int], expected: Any) -> InvalidInput:
    return InvalidInput(
        f"With {name} at {value} pictures of this size cannot be learned from: set it otherwise, or read the data anew "
        "in another size.", code="wrong_shape", field=f"params.{name}", expected=expected,
        got=" x ".join(map(str, sides)),
    )  # fmt: skip
