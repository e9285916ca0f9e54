"""The data sets to choose from: a picture, how much there is, under which licence, and whether they are ready."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from accounts.models import Role
from catalog.models import Dataset, DatasetVersion, Plugin, VersionState
from catalog.plugins import available
from desk.job.input_fields import counted
from desk.job.parameter_fields import title_of
from desk.job.pictures import preview
from desk.job.unfit import unfit
from desk.job.way import Way
from desk.people.roles import projects_as

EACH, LATEST = 24, 6  # cards on a page, versions of a data set that are offered


def data_cards(way: Way, page: int, wanted: str) -> dict[str, Any]:
    """A page of cards, newest data first, whose names hold `wanted`; `more` is the next page, 0 for none."""
    rows = Dataset.objects.filter(project__in=projects_as(way.user, Role.SUBMITTER), erased_at=None)
    rows = rows.filter(name__icontains=wanted) if wanted else rows
    versions = DatasetVersion.objects.defer("profile", "problems").order_by("-number")
    rows = rows.select_related("project").prefetch_related(Prefetch("versions", queryset=versions)).order_by("-pk")
    begin = EACH * (page - 1)
    found = list(rows[begin : begin + EACH + 1])
    titles = {row.name: title_of(row) for row in available("modality")}
    cards = [_card(way, row, titles) for row in found[:EACH]]
    return {"cards": cards, "more": page + 1 if len(found) > EACH else 0, "page": page, "q": wanted}


def _card(way: Way, dataset: Dataset, titles: dict[str, str]) -> dict[str, Any]:
    """The newest version that is ready stands for the data set; else the newest, with the reason it cannot be taken."""
    versions: list[DatasetVersion] = list(dataset.versions.all())
    for one in versions:
        one.dataset = dataset
    ready = [one for one in versions if one.state == VersionState.READY]
    shown = next(iter(ready or versions), None)
    return {
        "dataset": dataset, "version": shown, "modality": titles.get(dataset.modality, dataset.modality),
        "counts": counted(shown) if shown and ready else "", "why_not": why_not(way.kind, way.family, shown),
        "link": way.link(data=shown.pk) if shown else "", "chosen": shown is not None and shown == way.version,
        "picture": preview(ready[0]) if ready else "",
        "others": [(one, way.link(data=one.pk), one == way.version) for one in ready[1:LATEST]],
    }  # fmt: skip


def why_not(kind: Plugin, family: Plugin | None, version: DatasetVersion | None) -> str:
    """Why these data cannot be taken; "" where they can."""
    if version is None:
        return _("It has no version yet: bring a file on its page.")
    if version.state != VersionState.READY:
        return _("Not ready: %(state)s.") % {"state": version.get_state_display()}
    return unfit(kind, family, version) if family else ""
