"""Describes the plug-ins that are installed here, as the catalogue of the platform wants to know them.

`python -m workers.registry --json` describes them all; it imports torch, so run it in a child of a worker.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workers.engine.parameters import LoopParameters
from workers.plugins import FOLDERS, plugins

ANNOUNCED = (
    "queue", "produces", "asks_of_family", "stays_warm", "shares_batches", "chooses_family", "sampling",
    "state_version", "releases", "item_shapes", "defaults", "file_types", "media_type", "builtins", "modality",
    "modalities", "acts", "single_item",
    "better", "headline", "needs_classes", "private", "moment", "always", "limits", "limits_zh",
    "good_for", "good_for_zh", "not_for", "not_for_zh",
)  # fmt: skip


def describe(kind: str, cls: Any) -> dict[str, Any]:
    """One plug-in as a row of the catalogue: names, JSON Schema and its digest, code digest, abilities."""
    schema = cls.model_json_schema()
    abilities: dict[str, Any] = {name: getattr(cls, name) for name in ANNOUNCED if hasattr(cls, name)}
    if hasattr(cls, "roles"):
        abilities["roles"] = {
            role: {"takes": needs.takes, "required": needs.required, "modalities": list(needs.modalities)}
            for role, needs in cls.roles.items()
        }
    if kind == "family":
        schema = LoopParameters.merged_schema(cls)
        abilities["controls"] = cls.controls.model_json_schema()
        abilities["reconstructs"] = hasattr(cls, "reconstruct")
        abilities["inspects"] = hasattr(cls, "anomaly")
        abilities["presets"] = [asdict(preset) for preset in getattr(cls, "presets", ())]
    if kind == "guard":
        abilities["missing"] = cls.missing()
    source = Path(inspect.getfile(cls)).read_bytes()
    return {
        "kind": kind,
        "name": cls.name,
        "title": cls.title,
        "title_zh": cls.title_zh,
        "summary": cls.summary,
        "summary_zh": cls.summary_zh,
        "schema": schema,
        "schema_digest": hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest(),
        "code_digest": hashlib.sha256(source).hexdigest(),
        "abilities": json.loads(json.dumps(abilities)),
    }


def describe_all() -> list[dict[str, Any]]:
    """Every installed plug-in of every kind, described."""
    return [describe(kind, cls) for kind in FOLDERS for _, cls in sorted(plugins(kind).items())]


if __name__ == "__main__":
    json.dump(describe_all(), sys.stdout, indent=None if "--json" in sys.argv else 2, ensure_ascii=False)
