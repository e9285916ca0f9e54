"""Finds plug-ins: modules of the plug-in folders that define PLUGIN, and entry points `kilnmark.<kind>`."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
from functools import cache
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
