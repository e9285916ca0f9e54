"""One version of a data set in the admin: its profile, its problems, its items."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.services import holds
from catalog.models import DatasetVersion, VersionState
from desk.data.colours import COLOURS
from desk.data.items import INDEX, Wanted, items_page
from desk.data.profile import profile_page
from desk.job.page import live
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.review.facts import reviewed
from jobs.models import JobInput


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ReadOnlyAdmin):
    """One immutable state of a data set, profiled."""

    project_path = "dataset__project"
    list_display = ("__str__", "state", "created_by", "created_at")
    list_select_related = ("dataset__project", "created_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("dataset__project", "created_by")

    def routes(self) -> list[Route]:
        """The browser of items."""
        return [("<uuid:pk>/items/", "items", self.items_view)]

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One version with its profile; while it is being read, how far that is; where reading failed, why."""
        version = self.row(request, object_id)
        used = JobInput.objects.filter(dataset_version=version, role="into").select_related("job").first()
        job = used.job if used else None
        ended_without = job is not None and job.ended and version.state != VersionState.READY
        earlier = version.dataset.versions.filter(number__lt=version.number).order_by("-number").first()
        context = {
            **(live(job, request.user) if ended_without else {}),
            "title": str(version),
            "version": version,
            "earlier": earlier,
            "dataset": version.dataset,
            "version_colour": COLOURS[VersionState(version.state)],
            "job": job,
            "browses": INDEX in version.files,
            "may_train": version.state == VersionState.READY
            and holds(request.user, version.dataset.project, Role.SUBMITTER),
            **profile_page(version),
            **reviewed(version, request.user),
        }
        return self.page(request, "pages/data/version.html", **context)

    @answered
    def items_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Its items, a hundred at a time."""
        version = self.row(request, pk)
        title = _("Items of %(version)s") % {"version": version}
        context = {"title": title, "version": version, "dataset": version.dataset}
        return self.page(
            request, "pages/data/items.html", **context, **items_page(version, Wanted.read(request.GET.dict()))
        )
