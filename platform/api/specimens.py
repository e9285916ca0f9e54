"""An example of each body in the OpenAPI document: written by hand for what people send, else made from its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.answers import SPECIMEN_ID

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
HOURS = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "20:00", "to": "06:00"}]
TRAIN = {
    "kind": "train", "dataset_version": "latest:digits", "family": "dcgan", "params": {"steps": 2000},
    "name": "digits, first try", "purpose": "Synthetic digits for a demonstration",
}  # fmt: skip
SENT: Mapping[str, Any] = {  # bodies of requests
    "JobRequest": TRAIN,
    "CloneRequest": {"params": {"steps": 4000}, "name": "digits, twice as long"},
    "BulkRequest": {"action": "cancel", "filter": {"state": ["queued"], "project": "atelier"}},
    "MoveRequest": {"to": "front"},
    "DatasetRequest": {
        "name": "digits", "modality": "image", "project": "atelier",
        "declaration": {
            "source": "Drawn by our own staff in March", "licence": "CC0-1.0", "legal_basis": "consent",
            "contains_personal_data": False, "sensitive_attributes": [], "notes": "",
        },
    },
    "VersionRequest": {"builtin": "mnist5k", "options": {"size": 32}},
    "VersionArrived": {"upload": SPECIMEN_ID, "options": {"size": 32}},
    "AliasRequest": {"name": "digits@production", "version": "3", "reason": "Sharper strokes"},
    "ReviewRequest": {"request": SPECIMEN_ID, "decision": "approve", "comment": "Looked at the grid and the figures"},
    "LegalHoldRequest": {"subject_kind": "job", "subject": SPECIMEN_ID, "reason": "Claim 2026/17"},
    "WindowRequest": {"name": "nights", "project": "atelier", "timezone": "Europe/Berlin", "hours": HOURS},
    "WindowChange": {"hours": HOURS},
    "ScheduleRequest": {
        "name": "sundays", "body": TRAIN, "timezone": "Europe/Berlin", "days": ["sun"], "at": "03:00",
    },
    "ScheduleChange": {"at": "04:30"},
    "TokenRequest": {"name": "nightly script", "scopes": ["read", "submit"]},
    "ProjectRequest": {"name": "atelier", "title": "The atelier"},
    "LimitsRequest": {"max_running": 4, "artifact_days": 90},
    "PolicyRequest": {"params": {}},
    "PriorityRequest": {"priority": 10},
    "EraseRequest": {"name": "digits", "models": "keep", "reason": "Asked for by a person in the data"},
    "DecisionRequest": {"comment": "Looked at the grid and the figures"},
}  # fmt: skip
TEXTS: Mapping[str, str] = {  # by the name of a field
    "sha256": DIGEST,
    "kind": "train",
    "name": "digits",
    "project": "atelier",
    "family": "dcgan",
    "modality": "image",
    "timezone": "Europe/Berlin",
    "at": "2026-03-01T22:15:00Z",
    "from": "20:00",
    "to": "06:00",
    "media_type": "image/png",
    "seed": "17",
    "submitted_by": "sam",
    "actor": "sam",
    "reviewer": "rita",
    "verb": "job.queued",
}
FORMATS: Mapping[str, str] = {
    "uuid": SPECIMEN_ID,
    "date-time": "2026-03-01T22:15:00Z",
    "date": "2026-03-01",
    "uri": "https://example.org/hooks/kilnmark",
    "email": "sam@example.org",
    "binary": "...",
}


def specimens(schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Name of a schema -> its example."""
    found = {}
    for name, schema in schemas.items():
        if "properties" in schema:
            found[name] = SENT.get(name.removeprefix("Patched")) or specimen(schema, schemas)
    return found


def specimen(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """A value that fits the schema; `name` is that of the field."""
    if ref := schema.get("$ref"):
        found = ref.rpartition("/")[2]
        return SENT.get(found) or specimen(schemas[found], schemas, name)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return specimen(schema[several][0], schemas, name)
    for said in ("const", "default"):
        if schema.get(said) is not None:
            return schema[said]
    for said in ("examples", "enum"):
        if said in schema:
            return schema[said][0]
    kind = schema.get("type", "object")
    return _of_type(kind if isinstance(kind, str) else kind[0], schema, schemas, name)


def _of_type(kind: str, schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str) -> Any:
    if kind == "object":
        return {one: specimen(said, schemas, one) for one, said in schema.get("properties", {}).items()}
    if kind == "array":
        return [specimen(schema["items"], schemas, name)] if schema.get("items") else []
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1))
    if kind == "string":
        said = FORMATS.get(schema.get("format", "")) or TEXTS.get(name, name.replace("_", " ") or "text")
        return said[: schema.get("maxLength", len(said))]
    return {"boolean": True}.get(kind)
