"""The policies there are (every file here, and what installed packages bring), and those that a project has set.

The files are loaded when a project has set one, or somebody looks at them: pydantic takes 10 MB of each process.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import inspect
import json
import logging
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

from audit.models import ProjectPolicy
from models_store.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from audit.policy import Policy

log = logging.getLogger(__name__)
OF_PROJECT = "SELECT * FROM audit_projectpolicy WHERE project_id = %s ORDER BY name"  # composed at each claim otherwise


@cache
def policies() -> dict[str, type[Policy]]:
    """All policies by name; a name taken twice is an error, not a silent override."""
    found: dict[str, type[Policy]] = {}
    modules = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    plugged = [module.PLUGIN for module in modules if hasattr(module, "PLUGIN")]
    plugged += [entry.load() for entry in importlib.metadata.entry_points(group="kilnmark.policy")]
    for one in plugged:
        if one.name in found:
            raise InvalidInput(f"Two policy plug-ins are called {one.name!r}.", code="plugin_name_taken")
        found[one.name] = one
    return dict(sorted(found.items()))


def policy(name: str) -> type[Policy]:
    """The policy of that name."""
    if name not in policies():
        raise NotFound(f"There is no policy {name!r}.", field="name", expected=sorted(policies()), got=name)
    return policies()[name]


@cache
def sentences() -> dict[str, str]:
    """What policies say, template in English -> in Chinese."""
    from audit.policy import Unusable

    every: list[type[Policy]] = [Unusable, *policies().values()]
    said = [one.sentences for one in every]
    return {english: chinese for each in said for english, chinese in each.items()}


@cache
def described(cls: type[Policy]) -> dict[str, Any]:
    """A policy as plug-ins are described: names, JSON Schema and its digest, code digest, abilities."""
    schema = cls.model_json_schema()
    source = Path(inspect.getfile(cls)).read_bytes()
    return {
        "kind": "policy",
        "name": cls.name,
        "title": cls.title,
        "title_zh": cls.title_zh,
        "summary": cls.summary,
        "summary_zh": cls.summary_zh,
        "schema": schema,
        "schema_digest": hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest(),
        "code_digest": hashlib.sha256(source).hexdigest(),
        "abilities": {"moment": cls.moment, "guard": cls.guard},
    }


def in_force(project_id: UUID) -> list[Policy]:
    """The policies that a project has set, by name; one query. One that cannot be read is `Unusable`."""
    said = [ProjectPolicy._meta.get_field("project_id").get_db_prep_value(project_id, connection)]
    return [read(row.name, row.params) for row in ProjectPolicy.objects.raw(OF_PROJECT, said)]


def read(name: str, params: Mapping[str, Any]) -> Policy:
    """A policy as it was set, or `Unusable`."""
    from audit.policy import Unusable

    try:
        return policies()[name].parsed(params)
    except (KeyError, InvalidInput) as fault:
        log.error("policy %s cannot be read as it was set: %s", name, fault)
        return Unusable(called=name)


def guards_for(project_id: UUID) -> dict[str, dict[str, Any]]:
    """The guards that a project's policies ask for at release, with their parameters."""
    return {one.guard: one.guarded() for one in in_force(project_id) if one.guard}
