"""From the body of a submission to a checked Request: what can be known now is refused now, with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.models import Project, User
from accounts.services import project_for
from catalog.models import DatasetVersion, ModelVersion, Plugin, VersionState
from catalog.plugins import available, checked, plugin
from catalog.services import dataset_version_for, model_version_for
from jobs.services import Request
from models_store.errors import InvalidInput

SEED_LIMIT = 2**63
TEXTS = {"name": 100, "purpose": 4000, "intended_use": 4000}
OWN_KEYS = {
    "kind", "project", "family", "params", "inputs", "dataset_version", "model_version", "seed", "priority", *TEXTS,
}  # fmt: skip
ELSEWHERE = {
    "ingest": "Upload the file to /api/v1/datasets/{id}/versions.",
    "verify": "Send the file to /api/v1/verify.",
}


def admit(body: Mapping[str, Any], *, actor: User, idempotency_key: str | None = None) -> Request:
    """Check a submission's body against what live workers offer and what its inputs are."""
    if not isinstance(body, Mapping):
        raise InvalidInput("The body is an object.", expected="object", got=type(body).__name__)
    kind = plugin("kind", _text(body, "kind", 20, required=True))
    if kind.name in ELSEWHERE:
        raise InvalidInput(ELSEWHERE[kind.name], field="kind", got=kind.name)
    own = kind.schema.get("properties", {})
    if unknown := sorted(set(body) - OWN_KEYS - set(own)):
        raise InvalidInput(
            f"A job of kind {kind.name} has no field {unknown[0]!r}.",
            code="unknown_field", field=unknown[0], expected=sorted(OWN_KEYS | set(own)),
        )  # fmt: skip
    family = _family(kind, body)
    roles = {**kind.abilities.get("roles", {}), **(family.abilities.get("roles", {}) if family else {})}
    inputs = _inputs(roles, body, actor)
    asked = _object(body, "params")
    if family:
        params = checked(family, asked)
    else:
        params = checked(kind, {**asked, **{name: body[name] for name in own if name in body}})
    project = _project(inputs, body, actor)
    if family:
        _fits(family, roles, inputs)
    if kind.abilities["produces"] == "artifacts":
        _may_be_released(inputs)
    return Request(
        kind=kind.name,
        project=project,
        queue=kind.abilities["queue"],
        inputs=inputs,
        params=params,
        schema_digest=(family or kind).schema_digest,
        family=family.name if family else "",
        seed=_seed(body.get("seed")),
        priority=_priority(body.get("priority", 0)),
        idempotency_key=idempotency_key,
        body=body,
        **{name: _text(body, name, limit) for name, limit in TEXTS.items()},
    )


def _family(kind: Plugin, body: Mapping[str, Any]) -> Plugin | None:
    if not kind.abilities.get("chooses_family"):
        if body.get("family"):
            raise InvalidInput(f"A job of kind {kind.name} takes no family.", field="family", got=body["family"])
        return None
    return plugin("family", _text(body, "family", 64, required=True))


def _inputs(roles: Mapping[str, Any], body: Mapping[str, Any], actor: User) -> dict[str, DatasetVersion | ModelVersion]:
    said = _object(body, "inputs")
    given = {role: (f"inputs.{role}", value) for role, value in said.items()}
    for short in ("dataset_version", "model_version"):
        if short in body:
            fitting = [role for role, needs in roles.items() if needs["takes"] == short]
            if len(fitting) != 1:
                raise InvalidInput(f"This job does not take one {short}; name its roles.", field=short, expected=roles)
            given[fitting[0]] = (short, body[short])
    found: dict[str, DatasetVersion | ModelVersion] = {}
    for role, (field, value) in given.items():
        if role not in roles:
            raise InvalidInput(f"This job has no input {role!r}.", field=field, expected=sorted(roles), got=role)
        look = dataset_version_for if roles[role]["takes"] == "dataset_version" else model_version_for
        found[role] = look(actor, str(value), field=field)
    for role, needs in roles.items():
        model = found.get("model")
        if role not in found and needs["takes"] == "dataset_version" and isinstance(model, ModelVersion):
            if model.dataset_version:  # a model is measured on the data it was trained on unless told otherwise
                found[role] = model.dataset_version
        elif role not in found and needs["required"]:
            raise InvalidInput(f"The input {role!r} is missing.", field=needs["takes"], expected=needs["takes"])
    for role, value in found.items():
        if isinstance(value, DatasetVersion) and value.state != VersionState.READY:
            raise InvalidInput(
                f"{value} is {value.get_state_display()}.", code="dataset_not_ready", field=role, expected="ready",
                got=value.state,
            )  # fmt: skip
    return found


def _fits(family: Plugin, roles: Mapping[str, Any], inputs: Mapping[str, DatasetVersion | ModelVersion]) -> None:
    for role, value in inputs.items():
        if not isinstance(value, DatasetVersion):
            continue
        modalities = roles[role]["modalities"]
        if modalities and value.dataset.modality not in modalities:
            raise InvalidInput(
                f"{family.name} does not train on {value.dataset.modality} data.", code="wrong_modality", field=role,
                expected=modalities, got=value.dataset.modality,
            )  # fmt: skip
        shapes = family.abilities.get("item_shapes")
        shape = next((part["shape"] for part in value.spec["fields"] if part["kind"] == "continuous"), None)
        if shapes and shape not in shapes:
            raise InvalidInput(
                f"{family.name} does not train on items of shape {shape}.", code="wrong_shape", field=role,
                expected=shapes, got=shape,
            )  # fmt: skip


def _may_be_released(inputs: Mapping[str, Any]) -> None:
    """Whatever leaves is labelled as generated, so a family that hands out real items can only be measured."""
    made_by = {row.name: row.abilities for row in available("family")}
    for role, value in inputs.items():
        if isinstance(value, ModelVersion) and not made_by.get(value.family, {}).get("releases", True):
            raise InvalidInput(
                f"{value.family} hands out real items: its models are measured, never released as generated.",
                code="not_released", field=role, expected="a model of another family", got=value.family,
            )  # fmt: skip


def _project(inputs: Mapping[str, Any], body: Mapping[str, Any], actor: User) -> Project:
    homes = {
        value.dataset.project if isinstance(value, DatasetVersion) else value.model.project for value in inputs.values()
    }
    said = project_for(actor, body["project"]) if body.get("project") else None
    home = said or next(iter(homes), None) or project_for(actor, None)
    if homes - {home}:
        raise InvalidInput(
            "All inputs of a job belong to its project.", field="project", expected=home.slug,
            got=sorted(other.slug for other in homes - {home}),
        )  # fmt: skip
    return home


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    said = body.get(name)
    if said is not None and not isinstance(said, Mapping):
        raise InvalidInput(f"{name} is an object of names and values.", field=name, expected="object", got=said)
    return said or {}


def _text(body: Mapping[str, Any], name: str, limit: int, *, required: bool = False) -> str:
    said = body.get(name, "")
    if said is None and not required:
        return ""
    if not isinstance(said, str) or len(said) > limit or "\0" in said or (required and not said):
        expected = f"a text of at most {limit} characters, without NUL"
        raise InvalidInput(f"{name} is a text.", field=name, expected=expected, got=said)
    return said


def _seed(said: Any) -> str:
    if said is None or said == "":
        return ""
    text = str(said)
    if isinstance(said, bool) or not text.isascii() or not text.isdecimal() or not 0 <= int(text[:20]) < SEED_LIMIT:
        raise InvalidInput("The seed is a whole number.", field="seed", expected=f"0 to {SEED_LIMIT - 1}", got=said)
    return str(int(text))


def _priority(said: Any) -> int:
    if isinstance(said, bool) or not isinstance(said, int) or not -100 <= said <= 100:
        raise InvalidInput("The priority is a whole number.", field="priority", expected="-100 to 100", got=said)
    return said
