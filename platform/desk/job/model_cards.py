"""The models to choose from: what they made while they learned, their stage, the names people gave them."""

from __future__ import annotations

from typing import Any

from accounts.models import Role
from catalog.models import Alias, ModelVersion, Plugin
from catalog.plugins import available
from desk.job.control_fields import usable_models
from desk.job.parameter_fields import title_of
from desk.job.pictures import sample_grids
from desk.job.way import Way
from desk.people.roles import projects_as

EACH = 24


def model_cards(way: Way, page: int, wanted: str) -> dict[str, Any]:
    """A page of cards, newest first, of models whose names hold `wanted`; `more` is the next page, 0 for none."""
    rows = usable_models(way.user).filter(model__project__in=projects_as(way.user, Role.SUBMITTER))
    rows = rows.exclude(family__in=_unable(way.kind))
    rows = rows.filter(model__name__icontains=wanted) if wanted else rows
    begin = EACH * (page - 1)
    found = list(rows.select_related("created_by")[begin : begin + EACH + 1])
    titles = {row.name: title_of(row) for row in available("family")}
    grids = sample_grids(one.job_id for one in found[:EACH])
    names = _aliases(found[:EACH])
    cards = [
        {
            "version": one, "family": titles.get(one.family, one.family), "chosen": one == way.model,
            "picture": grids.get(one.job_id, "") if one.job_id else "", "link": way.link(model=one.pk),
            "letters": one.modality != "image",
            "aliases": [(name, way.link(model=f"{one.model_id}@{name}")) for name in names.get(one.pk, [])],
        }
        for one in found[:EACH]
    ]  # fmt: skip
    return {"cards": cards, "more": page + 1 if len(found) > EACH else 0, "page": page, "q": wanted}


def _unable(kind: Plugin) -> list[str]:
    """Families whose models the kind cannot work on, such as those that cannot say how unusual an item is."""
    asked = kind.abilities.get("asks_of_family")
    return [row.name for row in available("family") if row.abilities.get(asked) is False] if asked else []


def _aliases(rows: list[ModelVersion]) -> dict[Any, list[str]]:
    found: dict[Any, list[str]] = {}
    for alias in Alias.objects.filter(version__in=rows).order_by("name"):
        found.setdefault(alias.version_id, []).append(alias.name)
    return found
