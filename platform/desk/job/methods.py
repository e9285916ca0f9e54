"""The methods to choose from in the form of a training: all, or those that learn from the data one came with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import DatasetVersion, Plugin
from desk.job.parameter_fields import summary_of, title_of
from models_store.ids import is_uuid

DATA = "data"  # the input that the page of a data set names


@dataclass(frozen=True)
class Methods:
    """Those that fit; what of the address has to be kept when another one is chosen."""

    families: Sequence[Plugin]
    keep: str

    def chosen(self, name: str) -> Plugin | None:
        """The one of that name, else the first."""
        named = (family for family in self.families if family.name == name)
        return next(named, next(iter(self.families), None))

    def cards(self, chosen: Plugin | None) -> list[dict[str, Any]]:
        """What the page shows of each."""
        return [
            {"name": row.name, "title": title_of(row), "summary": summary_of(row), "chosen": row == chosen}
            for row in self.families
        ]


def methods(families: Sequence[Plugin], data: str, user: User) -> Methods:
    """Those that learn from this data set version; all of them where the person sees no such version or none fits."""
    rows = DatasetVersion.objects.filter(dataset__project__in=visible_projects(user)).select_related("dataset")
    version = rows.filter(pk=data).first() if is_uuid(data) else None
    if version is None:
        return Methods(families, "")
    fitting = [family for family in families if _learns_from(family, version.dataset.modality)]
    return Methods(fitting or families, urlencode({DATA: version.pk}))


def _learns_from(family: Plugin, modality: str) -> bool:
    taken = family.abilities.get("roles", {}).get(DATA, {}).get("modalities", [])
    return not taken or modality in taken
