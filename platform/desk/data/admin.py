"""Data sets in the admin: the list, the declaration, a version's profile."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import Role
from accounts.services import require
from catalog.models import Dataset, DatasetVersion, VersionState
from catalog.plugins import available, plugin
from desk.data.erase_form import EraseForm
from desk.data.form import BringForm, DatasetForm
from desk.data.profile import profile_page
from desk.job.page import live
from desk.job.parameter_fields import summary_of, title_of
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import holds, projects_as
from desk.review.facts import reviewed
from desk.review.legal_hold_note import legal_hold_note
from jobs.models import JobInput
from lineage.erasure import models_from

COLOURS = {
    VersionState.PENDING: "info",
    VersionState.READY: "success",
    VersionState.FAILED: "danger",
    VersionState.ERASING: "warning",
    VersionState.ERASED: "default",
}


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """What the team has, where it comes from and what it may be used for."""

    list_display = ("name", "project", "modality", "licence", "contains_personal_data", "newest", "created_by")
    list_filter = ("contains_personal_data",)
    search_fields = ("name", "source")
    list_select_related = ("project", "created_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(newest_number=Max("versions__number"), n=Count("versions"))

    @display(description=gettext_lazy("newest version"))
    def newest(self, dataset: Dataset) -> str:
        return f"v{dataset.newest_number}" if dataset.newest_number else "—"  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever submits in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.SUBMITTER).exists()

    def routes(self) -> list[Route]:
        """A further version; away with it."""
        return [("<uuid:pk>/upload/", "upload", self.upload_view), ("<uuid:pk>/erase/", "erase", self.erase_view)]

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
            for row in modalities
        ]
        context = {"title": _("Bring data"), "form": form, "cards": cards}
        return self.page(request, "pages/data/form.html", status=422 if posted[0] is not None else 200, **context)

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
        status = 422 if posted[0] is not None else 200
        return self.page(request, "pages/data/form.html", status=status, title=title, form=form, cards=[])

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
        versions = [{"row": row, "colour": COLOURS[VersionState(row.state)]} for row in dataset.versions.all()[:100]]
        may = dataset.erased_at is None and holds(request.user, dataset.project, Role.SUBMITTER)
        context = {"title": str(dataset), "dataset": dataset, "versions": versions, "may_upload": may}
        context["may_erase"] = dataset.erased_at is None and holds(request.user, dataset.project, Role.OWNER)
        context |= legal_hold_note(request.user, dataset.project, "dataset", dataset.pk)
        return self.page(request, "pages/data/page.html", **context)


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadOnlyAdmin):
    """One immutable state of a data set, profiled."""

    project_path = "dataset__project"
    list_display = ("__str__", "state", "created_by", "created_at")
    list_select_related = ("dataset", "created_by")

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One version with its profile; while it is being read, how far that is; where reading failed, why."""
        version = self.row(request, object_id)
        used = JobInput.objects.filter(dataset_version=version, role="into").select_related("job").first()
        job = used.job if used else None
        ended_without = job is not None and job.ended and version.state != VersionState.READY
        context = {
            **(live(job, request.user) if ended_without else {}),
            "title": str(version),
            "version": version,
            "dataset": version.dataset,
            "version_colour": COLOURS[VersionState(version.state)],
            "job": job,
            "may_train": version.state == VersionState.READY
            and holds(request.user, version.dataset.project, Role.SUBMITTER),
            **profile_page(version),
            **reviewed(version, request.user),
        }
        return self.page(request, "pages/data/version.html", **context)
