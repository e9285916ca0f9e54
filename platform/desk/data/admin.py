"""Data sets in the admin: the list, the declaration, its versions and what changed between two of them."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.services import holds, require
from catalog.models import Dataset, DatasetVersion, VersionState
from catalog.plugins import available, plugin
from desk.data import changes, listed
from desk.data.colours import COLOURS
from desk.data.erase_form import EraseForm
from desk.data.form import BringForm, DatasetForm
from desk.data.held import holds_from_below
from desk.data.listed import CardList
from desk.data.upload_words import upload_facts
from desk.job.parameter_fields import summary_of, title_of
from desk.job.pictures import preview
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import projects_as
from desk.review.legal_hold_note import legal_hold_note
from lineage.erasure import models_from

FORM = "pages/data/form.html"
ICONS = {"image": "image", "text": "article", "tabular": "table", "music": "piano", "audio": "graphic_eq"}
VERSIONS_SHOWN = 100


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """What the team has, where it comes from and what it may be used for."""

    change_list_template = "pages/data/list.html"
    list_display = ("name",)
    list_filter = ("contains_personal_data", "modality")
    search_fields = ("name", "source")
    list_select_related = ("project", "created_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return listed.annotated(super().get_queryset(request), request.user)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CardList]:
        """Cards."""
        return CardList

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever submits in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.SUBMITTER).exists()

    def routes(self) -> list[Route]:
        """A further version; what changed; away with it."""
        return [
            ("<uuid:pk>/upload/", "upload", self.upload_view),
            ("<uuid:pk>/changes/", "changes", self.changes_view),
            ("<uuid:pk>/erase/", "erase", self.erase_view),
        ]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Declare a data set and bring its first version."""
        if not self.has_add_permission(request):
            return self.page(request, "pages/shared/not_yours.html", title=_("Bring data"), status=403)
        modalities = available("modality")
        if not modalities:
            return self.page(request, "pages/shared/no_plugin.html", title=_("Bring data"))
        chosen = next((row for row in modalities if row.name == request.GET.get("modality")), modalities[0])
        posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = DatasetForm(chosen, user=request.user, data=posted[0], files=posted[1])
        if posted[0] is not None and (brought := form.brought(form.declared)):
            return self.arrived(request, brought[0])
        cards = [
            {"name": row.name, "title": title_of(row), "summary": summary_of(row), "chosen": row == chosen}
            | {"icon": ICONS.get(row.name, "folder_open"), "types": ", ".join(row.abilities.get("file_types", []))}
            | {"builtins": ", ".join(row.abilities.get("builtins", []))}
            for row in modalities
        ]
        return self.form_page(request, form, title=_("Bring data"), cards=cards)

    @answered
    def upload_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Bring a further version."""
        dataset = self.row(request, pk)
        if not holds(request.user, dataset.project, Role.SUBMITTER):
            return self.page(request, "pages/shared/not_yours.html", title=str(dataset), status=403)
        posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = BringForm(plugin("modality", dataset.modality), user=request.user, data=posted[0], files=posted[1])
        if posted[0] is not None and (brought := form.brought(lambda: dataset)):
            return self.arrived(request, brought[0])
        title = _("A new version of %(dataset)s") % {"dataset": dataset}
        return self.form_page(request, form, title=title, cards=[], dataset=dataset)

    def form_page(self, request: HttpRequest, form: BringForm, **context: Any) -> HttpResponse:
        """The form, and what its upload has to know."""
        facts = upload_facts(request.user, context.get("dataset"))
        status = 422 if request.method == "POST" else 200
        return self.page(request, FORM, status=status, form=form, upload_facts=facts, most=facts["most"], **context)

    @answered
    def changes_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Two versions side by side."""
        dataset = self.row(request, pk)
        pair = changes.chosen(dataset, request.GET)
        context: dict[str, Any] = {"dataset": dataset, "title": _("What changed in %(dataset)s") % {"dataset": dataset}}
        context["versions"] = list(dataset.versions.order_by("-number")[:VERSIONS_SHOWN])
        if pair:
            context |= {"before": pair[0], "after": pair[1], "groups": changes.changes_page(*pair)}
        return self.page(request, "pages/data/changes.html", **context)

    @answered
    def erase_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Erase it, the name typed again."""
        dataset = self.row(request, pk)
        title = _("Erase %(dataset)s") % {"dataset": dataset}
        require(request.user, dataset.project, Role.OWNER)
        if dataset.erased_at:
            return redirect("admin:catalog_dataset_change", pk)
        form = EraseForm(request.POST or None)
        if request.method == "POST" and form.erased(dataset, request.user):
            messages.success(request, _("The data set is erased; its files leave the store within minutes."))
            return redirect("admin:catalog_dataset_change", pk)
        context = {"title": title, "form": form, "dataset": dataset, "models": models_from(dataset)}
        return self.page(request, "pages/data/erase.html", status=422 if request.method == "POST" else 200, **context)

    def arrived(self, request: HttpRequest, version: DatasetVersion) -> HttpResponse:
        """To the version that is being read now."""
        messages.success(request, _("%(version)s is being read.") % {"version": version})
        return redirect("admin:catalog_datasetversion_change", version.pk)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One data set."""
        dataset = self.row(request, object_id)
        rows = dataset.versions.select_related("created_by").order_by("-number")[:VERSIONS_SHOWN]
        versions = [{"row": row, "colour": COLOURS[VersionState(row.state)], "picture": preview(row)} for row in rows]
        for version, older in pairwise(versions):
            version["before"] = older["row"].number
        may = dataset.erased_at is None and holds(request.user, dataset.project, Role.SUBMITTER)
        context = {"title": str(dataset), "dataset": dataset, "versions": versions, "may_upload": may}
        context["modality"] = listed.modality_title(dataset.modality)
        context["may_erase"] = dataset.erased_at is None and holds(request.user, dataset.project, Role.OWNER)
        context["held_below"] = holds_from_below(dataset, request.user)
        context |= legal_hold_note(request.user, dataset.project, "dataset", dataset.pk)
        return self.page(request, "pages/data/page.html", **context)
