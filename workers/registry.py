"""Finds plug-ins: modules of the plug-in folders that define PLUGIN, and entry points `kilnmark.<kind>`.

`python -m workers.registry --json` describes them all; it imports torch, so run it in a child of a worker.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import inspect
import json
import pkgutil
import sys
from functools import cache
from pathlib import Path
from typing import Any

from models_store.errors import InvalidInput

FOLDERS = {
    "modality": "workers.modalities",
    "family": "workers.families",
    "mark": "workers.marks",
    "metric": "workers.metrics",
    "guard": "workers.guards",
    "kind": "workers.kinds",
}


class UnknownPlugin(InvalidInput):
    """No plug-in of that name is installed."""

    code = "unknown_plugin"


@cache
def plugins(kind: str) -> dict[str, Any]:
    """All plug-in classes of one kind by name; a name taken twice is an error, not a silent override."""
    found: dict[str, Any] = {}
    modules = []
    if importlib.util.find_spec(FOLDERS[kind]):
        package = importlib.import_module(FOLDERS[kind])
        names = (info.name for info in pkgutil.iter_modules(package.__path__))
        modules = [importlib.import_module(f"{FOLDERS[kind]}.{name}") for name in names]
    plugged = [module.PLUGIN for module in modules if hasattr(module, "PLUGIN")]
    plugged += [entry.load() for entry in importlib.metadata.entry_points(group=f"kilnmark.{kind}")]
    for plugin in plugged:
        if plugin.name in found:
            raise InvalidInput(f"Two {kind} plug-ins are called {plugin.name!r}.", code="plugin_name_taken")
        found[plugin.name] = plugin
    return found


def plugin(kind: str, name: str) -> Any:
    """The plug-in class of that name."""
    known = plugins(kind)
    if name not in known:
        raise UnknownPlugin(f"There is no {kind} called {name!r}.", field=kind, expected=sorted(known), got=name)
    return known[name]


def describe(kind: str, cls: Any) -> dict[str, Any]:
    """One plug-in as a row of the catalogue: names, JSON Schema and its digest, code digest, abilities."""
    schema = cls.model_json_schema()
    abilities: dict[str, Any] = {}
    for said in ("queue", "produces", "chooses_family", "sampling", "state_version", "file_types", "media_type"):
        if hasattr(cls, said):
            abilities[said] = getattr(cls, said)
    for said in ("modality", "modalities", "acts", "better", "defaults", "builtins", "single_item"):
        if hasattr(cls, said):
            abilities[said] = getattr(cls, said)
    if hasattr(cls, "roles"):
        abilities["roles"] = {
            role: {"takes": needs.takes, "required": needs.required, "modalities": list(needs.modalities)}
            for role, needs in cls.roles.items()
        }
    if kind == "family":
        from workers.engine.loop import LoopParameters

        schema = LoopParameters.merged_schema(cls)
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
