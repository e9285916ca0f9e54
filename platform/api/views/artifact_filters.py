"""Along which indexes the filters of the list of artifacts are read (docs/rest-lists.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q

from accounts.models import User
from accounts.services import project_for, visible_projects
from api.access import projects_seen, within
from api.walk import Ways, moments
from catalog.models import ModelVersion
from catalog.naming import EXPECTED, model_version_for
from jobs.models import Job
from models_store.errors import InvalidInput
from models_store.ids import is_uuid

CREATED = {"created_after": "created_at__gte", "created_before": "created_at__lt"}


def artifact_ways(person: User, said: Mapping[str, Any]) -> Ways:
    """Those that the person sees and that fit: along one index, the other filters are looked at."""
    only = project_for(person, said["project"]) if "project" in said else None
    projects = projects_seen(person, only)
    seen = [Q()] if projects is None else [Q(project=one) for one in projects]
    rest = Q(**{column: said[name] for name, column in CREATED.items() if name in said})
    ids = moments(said.get("created_after"), said.get("created_before"))
    guard = Q() if projects is None else Q(project__in=projects)
    job, sha256 = (Q(**{name: said[name]}) if name in said else Q() for name in ("job", "sha256"))
    made = _made_by(person, said["model_version"]) if "model_version" in said else Q()
    if job:
        own = Job.objects.filter(pk=said["job"], project__in=visible_projects(person)).exists()
        return Ways([job] if own else [], rest & sha256 & made, ids, guard)
    if sha256:
        return Ways([way & sha256 for way in within(projects) or seen], rest & made, ids)
    return Ways([made] if made else seen, rest, ids, guard if made else Q())


def _made_by(person: User, named: str) -> Q:
    """A version lies in one project, and so does what it made."""
    if is_uuid(named):
        seen = ModelVersion.objects.filter(pk=named, model__project__in=visible_projects(person))
        project = seen.values_list("model__project", flat=True).first()
        return Q(project=project, model_version=named) if project else Q(pk__in=())
    if "@" not in named:
        raise InvalidInput("This is no model version.", field="model_version", expected=EXPECTED)
    version = model_version_for(person, named)
    return Q(project=version.model.project_id, model_version=version)
