"""The bill of materials of one model version: CycloneDX 1.6 (ECMA-424) with its model card, data and software.

It names no person, no seed and no file of an upload: it may be handed to whoever may know the model.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models_store.facts import Rights
from models_store.software import Package

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
TASKS = {"image": "image generation", "text": "text generation"}
_SPACE = uuid.UUID("6e3f0f1c-6f0e-5a6e-9f53-2a9d2f8b7c11")  # of our serial numbers
_HIDDEN = ("exact_why",)


def ml_bom(
    *,
    name: str,
    version: str,
    version_id: str,
    sha256: str,
    modality: str,
    made: Mapping[str, Any],
    rights: Rights,
    use: str,
    at: str,
    software: Iterable[Package] = (),
) -> dict[str, Any]:
    """Plain JSON. `made` are the facts of the bundle's manifest (facts.BundleFacts as JSON), `sha256` its digest.

    `use` is what the model is meant for, `at` an ISO 8601 time. The same arguments give the same document.
    """
    model = f"model:{version_id}"
    data = [_data(role, facts) for role, facts in sorted((made.get("data") or {}).items())]
    parents = [_parent(facts) for _role, facts in sorted((made.get("parents") or {}).items())]
    packages = [_package(package) for package in software]
    component = {
        "type": "machine-learning-model",
        "bom-ref": model,
        "name": name,
        "version": version,
        "hashes": _hashes(sha256),
        **_licences(rights.licence),
        "supplier": {"name": rights.owner},
        "modelCard": _card(made, modality, use, [part["bom-ref"] for part in data]),
    }
    parts = [*data, *parents, *packages]
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, f'{version_id} {sha256} {at}')}",
        "version": 1,
        "metadata": {"timestamp": at, "component": component},
        "components": parts,
        "dependencies": [
            {"ref": model, "dependsOn": [part["bom-ref"] for part in parts]},
            *({"ref": part["bom-ref"], "dependsOn": []} for part in parts),
        ],
    }


def _card(made: Mapping[str, Any], modality: str, use: str, data: Sequence[str]) -> dict[str, Any]:
    return {
        "modelParameters": {
            "task": TASKS.get(modality, f"{modality} generation"),
            "architectureFamily": str(made.get("family", "")),
            "datasets": [{"ref": ref} for ref in data],
            "outputs": [{"format": modality}],
        },
        "quantitativeAnalysis": {
            "performanceMetrics": [_figure(key, said) for key, said in sorted((made.get("figures") or {}).items())]
        },
        "considerations": {
            **({"useCases": [use]} if use else {}),
            "technicalLimitations": [str(limit) for limit in made.get("limits") or ()],
        },
        "properties": [
            {"name": f"kilnmark:{group}:{key}", "value": _text(value)}
            for group, facts in (("parameter", made.get("params")), ("ran_on", made.get("ran_on")))
            for key, value in sorted((facts or {}).items())
            if key not in _HIDDEN
        ],
    }


def _figure(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    figure: dict[str, Any] = {"type": name, "value": _text(said.get("value"))}
    if said.get("low") is not None and said.get("high") is not None:
        figure["confidenceInterval"] = {"lowerBound": _text(said["low"]), "upperBound": _text(said["high"])}
    return figure


def _data(role: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A data set as its declaration says; sensitive attributes are named, what they hold is not."""
    counts = {f"kilnmark:items:{split}": str(count) for split, count in sorted((facts.get("counts") or {}).items())}
    said = {
        "kilnmark:role": role,
        "kilnmark:source": facts.get("source"),
        "kilnmark:legal_basis": facts.get("legal_basis"),
        **counts,
    }
    personal = bool(facts.get("contains_personal_data"))
    described: dict[str, Any] = {
        "type": "dataset",
        "name": str(facts["name"]),
        "classification": "declared to contain personal data" if personal else "declared to contain no personal data",
        "contents": {"properties": [{"name": key, "value": _text(value)} for key, value in said.items() if value]},
    }
    if attributes := [str(part) for part in facts.get("sensitive_attributes") or ()]:
        described["sensitiveData"] = attributes
    return {
        "type": "data",
        "bom-ref": f"dataset:{facts['version']}",
        "name": str(facts["name"]),
        "hashes": _hashes(str(facts["sha256"])),
        **_licences(str(facts.get("licence") or "")),
        "data": [described],
    }


def _parent(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{facts['version']}",
        "name": str(facts["name"]),
        "hashes": _hashes(str(facts["sha256"])),
        "description": "The training went on from this model.",
    }


def _package(package: Package) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name.lower().replace('_', '-')}@{package.version}"
    said: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": package.name, "version": package.version}
    if package.expression:
        said["licenses"] = [{"expression": package.expression}]
    else:
        said |= _licences(package.licence)
    return said | {"purl": purl}


def _hashes(sha256: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": sha256}]


def _licences(name: str) -> dict[str, Any]:
    """By name: what people declare need not be an SPDX identifier. Nothing where nothing was declared."""
    return {"licenses": [{"license": {"name": name}}]} if name else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
