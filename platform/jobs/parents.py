"""Training that goes on from a model: the same family, data of the same kind, networks of the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.models import ModelVersion, Plugin
from jobs.controls import chooses_class, spec_of
from jobs.models import Job
from jobs.request import Named, Promise
from jobs.values_of_data import described, labels, listed
from models_store.errors import InvalidInput

ROLE = "parent"


class ParentMismatch(InvalidInput):
    """The parent model cannot be gone on from in this way."""

    code = "parent_mismatch"


class NeedsParent(InvalidInput):
    """A parameter is of trainings that go on from a model, and this one begins afresh."""

    code = "needs_parent"


def parent_of(inputs: Mapping[str, Named]) -> ModelVersion | Promise | None:
    """The model that a training goes on from."""
    given = inputs.get(ROLE)
    return given if isinstance(given, ModelVersion | Promise) else None


def inherited(family: Plugin, asked: Mapping[str, Any], inputs: Mapping[str, Named]) -> dict[str, Any]:
    """`asked` with the parameters that shape networks taken from the parent; ParentMismatch where one differs."""
    parent = parent_of(inputs)
    if parent is None or parent.job_id is None:
        return dict(asked)
    its = Job.objects.values_list("params", flat=True).get(pk=parent.job_id)
    schema = family.schema.get("properties", {})
    kept = {name: its[name] for name, said in schema.items() if said.get("shapes") and name in its}
    for name, value in kept.items():
        if name in asked and asked[name] != value:
            raise ParentMismatch(
                f"{name} decides the shape of a network: leave it out, and it is as in the parent model.",
                field=f"params.{name}", expected=value, got=asked[name],
            )  # fmt: skip
    return {**asked, **kept}


def check_parent(family: Plugin, inputs: Mapping[str, Named]) -> None:
    """The parent is of this family and learned from data like these; what is not known yet is not looked at."""
    parent = parent_of(inputs)
    if parent is None:
        return
    if parent.family != family.name:
        raise ParentMismatch(
            "A training goes on from a model of its own family.", field=ROLE, expected=family.name, got=parent.family
        )
    roles = family.abilities.get("roles", {})
    data = next((name for name, needs in roles.items() if needs["takes"] == "dataset_version" and name in inputs), "")
    old, new = spec_of(parent), spec_of(inputs.get(data))
    if old is not None and new is not None:
        _alike(old, new, chooses_class(family, parent), data)


def check_needs_parent(family: Plugin, params: Mapping[str, Any], inputs: Mapping[str, Named]) -> None:
    """NeedsParent where a parameter of trainings that go on from a model is given, and this one begins afresh."""
    if parent_of(inputs) is not None:
        return
    for name, said in family.schema.get("properties", {}).items():
        if said.get("needs_parent") and params.get(name, said["default"]) != said["default"]:
            raise NeedsParent(
                f"{name} is of trainings that go on from a model: name a parent, or leave it as it is.",
                field=f"params.{name}", expected=said["default"], got=params[name],
            )  # fmt: skip


def _alike(old: Mapping[str, Any], new: Mapping[str, Any], classes: bool, field: str) -> None:
    was, now = (
        [part for part in spec["fields"] if classes or part["kind"] != "condition"] for spec in (old, new)
    )  # fmt: skip
    for one, other in zip(was, now, strict=False):
        names, others = (labels(spec, part) for spec, part in ((old, one), (new, other)))
        if (one["name"], one["kind"]) == (other["name"], other["kind"]) and names != others:
            raise InvalidInput(
                "The data have other characters or categories than those that the parent model learned from: train "
                "without a parent, or bring data that have the same.", code="wrong_shape", field=field,
                expected=listed(names), got=listed(others),
            )  # fmt: skip
    if (shapes := list(map(described, was))) != (found := list(map(described, now))):
        raise InvalidInput(
            "The data have other fields than those that the parent model learned from: train without a parent, or "
            "bring data of the same fields.", code="wrong_shape", field=field, expected=shapes, got=found,
        )  # fmt: skip
