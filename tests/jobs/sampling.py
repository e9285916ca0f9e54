"""Models to sample and families with controls, as a worker announces them."""

from __future__ import annotations

from typing import Any

from catalog import plugins
from catalog.models import ModelVersion
from tests import builders

CONTROLS = {
    "temperature": {"type": "number", "minimum": 0.01, "maximum": 10, "default": 1.0},
    "length": {"type": "integer", "minimum": 1, "maximum": 20_000, "default": 20},
    "prompt": {"type": "string", "maxLength": 2000, "default": "", "of_spec": "token"},
}
CLASSES = {
    "condition": {"type": "string", "default": "", "of_spec": "condition"},
    "temperature": {"type": "number", "minimum": 0, "maximum": 5, "default": 0.5},
}
LETTERS = ["", "a", "b", "é", "\n"]
TEXT = {"modality": "text", "fields": [
    {"name": "text", "kind": "token", "shape": [32], "size": 5, "labels": LETTERS},
    {"name": "length", "kind": "length", "shape": [], "size": None},
]}  # fmt: skip
PICTURES = {"modality": "image", "fields": [
    {"name": "image", "kind": "continuous", "shape": [1, 32, 32], "size": None},
    {"name": "condition", "kind": "condition", "shape": [], "size": 2, "labels": ["cup", "vase"]},
]}  # fmt: skip
OPEN: dict[str, Any] = {
    "weights": {"type": "array", "items": {"type": "number"}, "default": []},
    "sweep": {"type": "object", "additionalProperties": {"type": "array", "items": {}}, "default": {}},
    "interpolate": {"type": "array", "items": {"type": "string"}, "default": []},
}


def schema(properties: dict[str, Any]) -> dict[str, Any]:
    """A JSON Schema as pydantic writes it."""
    return builders.NO_PARAMETERS | {"properties": properties}


def optional(takes: str) -> dict[str, Any]:
    """An input that may be left out."""
    return builders.role(takes) | {"required": False}


def announce() -> None:
    """What a worker offers that can make texts, and pictures with classes."""
    model = builders.role("model_version")
    roles = {"model": model} | {f"model_{number}": optional("model_version") for number in (2, 3, 4)}
    count = {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 16}
    trained = {"data": builders.role("dataset_version"), "parent": optional("model_version")}
    steps = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    width = {"type": "integer", "minimum": 1, "maximum": 256, "default": 8, "shapes": True}
    rows = [
        builders.plugin("kind", "generate", {"count": count, **OPEN}, queue="generate", chooses_family=False,
                        produces="artifacts", roles=roles),
        builders.plugin("kind", "train", queue="train", chooses_family=True, produces="model_version", roles={}),
        builders.plugin("kind", "evaluate", queue="generate", chooses_family=False, produces="figures",
                        roles={"model": model, "data": optional("dataset_version")}),
        builders.plugin("family", "lstm", {"steps": steps, "width": width}, sampling="autoregressive", roles=trained,
                        controls=schema(CONTROLS)),
        builders.plugin("family", "cgan", {"steps": steps, "width": width}, sampling="one_shot", roles=trained,
                        controls=schema(CLASSES)),
        builders.plugin("family", "gan", {"steps": steps}, sampling="one_shot", roles=trained, controls=schema({})),
    ]  # fmt: skip
    plugins.announce("a worker of families", rows)


def model(home: Any, owner: Any, family: str, spec: dict[str, Any], **facts: Any) -> ModelVersion:
    """A draft of that family, and the data it learned from."""
    name = f"{family}-{ModelVersion.objects.count()}"
    data = builders.dataset_version(home, owner, name)
    data.spec = spec
    data.save()
    return builders.model_version(
        home, owner, name, family=family, modality=spec["modality"], dataset_version=data, **facts
    )
