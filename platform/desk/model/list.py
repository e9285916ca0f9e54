"""The list of models: a card for each with its newest version that fits, and its other versions beside it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import Alias, ModelVersion, Plugin, Stage
from catalog.plugins import available
from desk.job.parameter_fields import title_of
from desk.job.pictures import sample_grids
from desk.model.figures import headlines
from desk.model.page import COLOURS
from models_store.ids import is_uuid

PAGE = 24
OTHERS = 8  # versions beside the newest one
CHOICES = 60  # of a filter
FILTERS = ("stage", "family", "modality", "project")


def asked(given: Any) -> dict[str, str]:
    """What the address says: filters and `q`, without blanks."""
    said = {name: given.get(name, "").strip()[:100] for name in (*FILTERS, "q")}
    return {name: value for name, value in said.items() if value}


def models(rows: QuerySet[ModelVersion], said: dict[str, str], start: str, user: User) -> dict[str, Any]:
    """PAGE cards from `start` (an id) on, newest first, and where the next page starts; the same few queries always."""
    families = {row.name: row for row in available("family")}
    fitting = _filtered(rows, said)
    newer = fitting.filter(model=OuterRef("model"), number__gt=OuterRef("number"))
    related = ("model__project", "dataset_version__dataset", "created_by")
    found = fitting.filter(~Exists(newer)).select_related(*related).order_by("-pk")
    shown = list((found.filter(pk__lte=start) if is_uuid(start) else found)[: PAGE + 1])
    here, following = shown[:PAGE], str(shown[PAGE].pk) if len(shown) > PAGE else ""
    grids = sample_grids(one.job_id for one in here)
    names, others = _aliases(here), _others(rows, here)
    return {
        "cards": [
            {
                "version": one,
                "colour": COLOURS[Stage(one.stage)],
                "family": _family(one.family, families),
                "figures": headlines(one),
                "picture": grids.get(one.job_id, "") if one.job_id else "",
                "aliases": names.get(one.model_id, []),
                "others": others.get(one.model_id, [])[:OTHERS],
                "more": max(0, len(others.get(one.model_id, [])) - OTHERS),
            }
            for one in here
        ],
        "next": urlencode(said | {"from": following}) if following else "",
        "first": urlencode(said) if is_uuid(start) else None,
        "filters": _choices(rows, families, user, said),
        "said": said,
        "narrowed": bool(said),
    }


def _filtered(rows: QuerySet[ModelVersion], said: dict[str, str]) -> QuerySet[ModelVersion]:
    if words := said.get("q"):
        rows = rows.filter(Q(model__name__icontains=words) | Q(model__aliases__name__icontains=words)).distinct()
    fields = {"stage": "stage", "family": "family", "modality": "modality", "project": "model__project__slug"}
    return rows.filter(**{fields[name]: value for name, value in said.items() if name in fields})


def _family(name: str, families: dict[str, Plugin]) -> str:
    return title_of(families[name]) if name in families else name


def _aliases(versions: list[ModelVersion]) -> dict[Any, list[Alias]]:
    found: dict[Any, list[Alias]] = {}
    rows = Alias.objects.filter(model__in=[one.model_id for one in versions]).exclude(version=None)
    for alias in rows.select_related("version", "model").order_by("name"):
        found.setdefault(alias.model_id, []).append(alias)
    return found


def _others(rows: QuerySet[ModelVersion], versions: list[ModelVersion]) -> dict[Any, list[ModelVersion]]:
    found: dict[Any, list[ModelVersion]] = {}
    beside = (
        rows.select_related(None)
        .filter(model__in=[one.model_id for one in versions])
        .exclude(pk__in=[one.pk for one in versions])
    )
    for one in beside.order_by("-number").only("pk", "number", "stage", "model_id"):
        found.setdefault(one.model_id, []).append(one)
    return found


def _choices(
    rows: QuerySet[ModelVersion], families: dict[str, Plugin], user: User, said: dict[str, str]
) -> list[dict[str, Any]]:
    """The filters from which there is something to choose, each with its values and words."""
    kinds = {row.name: title_of(row) for row in available("modality")}
    used = sorted({*families, *filter(None, (said.get("family"),))})
    projects = visible_projects(user).order_by("title", "slug")[:CHOICES]
    found = {
        "stage": (_("Stage"), [(stage.value, stage.label) for stage in Stage]),
        "family": (_("Method"), [(name, _family(name, families)) for name in used]),
        "modality": (_("Kind of data"), sorted(kinds.items())),
        "project": (_("Project"), [(one.slug, str(one)) for one in projects]),
    }
    return [
        {"name": name, "title": title, "values": values, "chosen": said.get(name, "")}
        for name, (title, values) in found.items()
        if len(values) > 1 or name in said
    ]
