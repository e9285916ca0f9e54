"""The list of data sets: a picture of each, what it is, how much of it there is, and how it stands."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.views import ChangeList

from accounts.models import User
from catalog.models import Dataset, DatasetVersion, VersionState
from catalog.plugins import available
from catalog.plugins import newest as newest_plugin
from desk.data.held import held_ids
from desk.job.parameter_fields import title_of
from desk.job.pictures import PREVIEW, preview_address


def annotated(rows: QuerySet[Dataset], user: User) -> QuerySet[Dataset]:
    """With the newest version and the newest that is ready, and whether a legal hold is set on it."""
    versions = DatasetVersion.objects.filter(dataset=OuterRef("pk")).order_by("-number")
    ready = versions.filter(state=VersionState.READY)
    held = Case(When(pk__in=held_ids(user), then=Value(True)), default=Value(False), output_field=BooleanField())
    titles = [When(modality=row.name, then=Value(title_of(row))) for row in available("modality")]
    return rows.annotate(
        modality_title=Case(*titles, default=F("modality"), output_field=CharField()),
        newest_number=Subquery(versions.values("number")[:1]),
        newest_state=Subquery(versions.values("state")[:1]),
        shown_number=Subquery(ready.filter(files__has_key=PREVIEW).values("number")[:1]),
        shown_counts=Subquery(ready.values("counts")[:1]),
        is_held=held,
    ).select_related("project", "created_by")


def modality_title(name: str) -> str:
    """What a modality is called in the reader's language; its name where no worker offers it."""
    found = newest_plugin("modality", name)
    return title_of(found) if found else name


def card(row: Any) -> dict[str, Any]:
    """A row of the list: its picture, how much there is, and what is unusual about it."""
    marks = []
    if row.erased_at:
        marks.append(("delete_forever", _("erased")))
    elif row.is_held:
        marks.append(("gavel", _("legal hold")))
    if row.newest_state in (VersionState.PENDING, VersionState.FAILED, VersionState.ERASING):
        marks.append(("info", VersionState(row.newest_state).label))
    place = preview_address(row.pk, row.shown_number) if row.shown_number else ""
    count = sum(row.shown_counts.values()) if row.shown_counts else 0
    items = ngettext("%(n)s item", "%(n)s items", count) % {"n": f"{count:,}"}
    return {"row": row, "picture": place, "marks": marks, "items": items}


class CardList(ChangeList):
    """The list of Django's, and each of its rows as a card."""

    def get_results(self, request: HttpRequest) -> None:
        """Also as `cards`."""
        super().get_results(request)
        self.cards = [card(row) for row in self.result_list]
