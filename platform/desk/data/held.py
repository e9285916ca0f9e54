"""Legal holds that keep a data set without being set on it: on its project, or on something made of it."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.services import visible_projects
from catalog.models import Dataset
from desk.review.subjects import link_to, named, word
from lineage.coverage import Covered, reach
from lineage.models import LegalHold
from lineage.subjects import subject_for
from models_store.errors import NotFound

LOOKED_AT = 100  # holds of one project


def holds_from_below(dataset: Dataset, user: User) -> list[dict[str, Any]]:
    """Holds in force that reach this data set, with what each is set on: {hold, kind, name, link}."""
    rows = LegalHold.objects.filter(project=dataset.project_id, lifted_at=None).select_related("set_by")
    rows = rows.exclude(subject_kind="dataset", subject_id=str(dataset.pk)).order_by("set_at")[:LOOKED_AT]
    return [_said(hold, user) for hold in rows if _reaches(hold, dataset)]


def held_ids(user: User) -> list[str]:
    """The ids of all data sets that the person sees and that have a hold set on them."""
    rows = LegalHold.objects.filter(lifted_at=None, subject_kind="dataset", project__in=visible_projects(user))
    return list(rows.values_list("subject_id", flat=True))


def _reaches(hold: LegalHold, dataset: Dataset) -> bool:
    found = reach(Covered(), hold)
    return found.everything or dataset.pk in found.datasets


def _said(hold: LegalHold, user: User) -> dict[str, Any]:
    try:
        name = named(hold.subject_kind, subject_for(user, hold.subject_kind, hold.subject_id))
    except NotFound:
        name = hold.subject_id
    link = link_to(hold.subject_kind, hold.subject_id)
    return {"hold": hold, "kind": word(hold.subject_kind), "name": name, "link": link}
