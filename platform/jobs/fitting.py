"""Whether a kind and a family can work on given inputs: asked at submission, and again once all of them are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.models import DatasetVersion, Plugin, VersionState
from catalog.plugins import plugin
from jobs.controls import sampling_params
from jobs.measuring import check_measured, check_named
from jobs.models import Job
from jobs.parents import check_parent
from jobs.releasing import check_families, hands_out
from jobs.request import Named, modality_of
from jobs.sides import check_sides
from models_store.errors import InvalidInput

LEAST_ITEMS = {"image": 4}  # for training, by modality; what is held out does not count


def roles_of(kind: Plugin, family: Plugin | None) -> dict[str, Any]:
    """The inputs of a job: those of its kind, and those of its family where it has one."""
    return {**kind.abilities.get("roles", {}), **(family.abilities.get("roles", {}) if family else {})}


def check(kind: Plugin, family: Plugin | None, inputs: Mapping[str, Named]) -> None:
    """Refuse what can be known not to work; of what is not there yet, only what is known of it is looked at."""
    if family:
        _learns(family, roles_of(kind, family), inputs)
        check_parent(family, inputs)
    check_measured(kind, inputs)
    if hands_out(kind):
        check_families(inputs)


def check_job(job: Job, inputs: Mapping[str, Named]) -> None:
    """The same for a job that has waited for its inputs."""
    kind = plugin("kind", job.kind)
    family = plugin("family", job.family) if job.family else None
    check(kind, family, inputs)
    if family:
        check_sides(family, job.params, inputs)
    if hands_out(kind):
        sampling_params(kind, job.params, inputs)
    elif not job.family:
        check_named(kind, job.params, inputs)


def _enough(version: DatasetVersion, role: str) -> None:
    """Refuse pictures so few that a model could only know them by heart."""
    least, there = LEAST_ITEMS.get(version.dataset.modality, 0), version.counts.get("train")
    if there is not None and there < least:
        raise InvalidInput(
            f"There are too few pictures to learn from: {there}, without those held out. Bring a data set of more.",
            code="too_few_items", field=role, expected=f"at least {least}", got=there,
        )  # fmt: skip


def _learns(family: Plugin, roles: Mapping[str, Any], inputs: Mapping[str, Named]) -> None:
    for role, value in inputs.items():
        if roles[role]["takes"] != "dataset_version":
            continue
        modalities, modality = roles[role]["modalities"], modality_of(value)
        if modalities and modality and modality not in modalities:
            raise InvalidInput(
                f"{family.name} does not train on {modality} data.", code="wrong_modality", field=role,
                expected=modalities, got=modality,
            )  # fmt: skip
        if not isinstance(value, DatasetVersion) or value.state != VersionState.READY:
            continue
        _enough(value, role)
        shapes = family.abilities.get("item_shapes")
        if not shapes:
            continue
        shape = next((part["shape"] for part in value.spec["fields"] if part["kind"] == "continuous"), None)
        if shape not in shapes:
            raise InvalidInput(
                f"{family.name} does not train on items of shape {shape}.", code="wrong_shape", field=role,
                expected=shapes, got=shape,
            )  # fmt: skip
