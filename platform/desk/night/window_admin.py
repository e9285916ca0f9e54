"""Windows in the admin: the list, a week drawn as bars, the form."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import Role
from accounts.services import holds, require
from config import clock
from desk.job.page import title
from desk.night.window_form import WindowForm
from desk.night.window_text import bars, other_days
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import projects_as
from jobs.models import ENDED, Window
from jobs.window_services import delete_window
from jobs.window_state import local, stand
from jobs.windows import opening, week_of

JOBS_SHOWN = 20


@admin.register(Window)
class WindowAdmin(ReadOnlyAdmin):
    """When jobs that are bound to it may run."""

    list_display = ("name", "project", "timezone", "now")
    list_before_template = "pages/shared/list_lead.html"
    lead = gettext_lazy(
        "Weekly hours in which jobs may run, such as the nights. Choose one in the form of a job: the job starts in "
        "its openings only, saves before the close, and goes on at the next one."
    )
    list_select_related = ("project",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Window]:
        return super().get_queryset(request).select_related("project", "created_by").prefetch_related("exceptions")

    @display(description=gettext_lazy("now"))
    def now(self, window: Window) -> str:
        return stands(window)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever submits in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.SUBMITTER).exists()

    def routes(self) -> list[Route]:
        """Other hours; away with it."""
        return [("<uuid:pk>/edit/", "edit", self.edit_view), ("<uuid:pk>/remove/", "remove", self.remove_view)]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A new window."""
        if not self.has_add_permission(request):
            return self.page(request, "pages/shared/not_yours.html", title=_("New window"), status=403)
        form = WindowForm(request.POST or None, user=request.user)
        return self._filled(request, form, _("New window"))

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One window, its week and the jobs that wait in it."""
        window = self.row(request, object_id)
        context = {
            "title": window.name,
            "window": window,
            "stands": stands(window),
            "days": bars(window),
            "others": other_days(window, clock.now().astimezone(week_of(window).zone).date()),
            "jobs": [(job, title(job)) for job in window.jobs.exclude(state__in=ENDED).order_by("pk")[:JOBS_SHOWN]],
            "may_change": holds(request.user, window.project, Role.SUBMITTER),
        }
        return self.page(request, "pages/night/window.html", **context)

    @answered
    def edit_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Other hours, zone, exceptions or name."""
        window = self.row(request, pk)
        require(request.user, window.project, Role.SUBMITTER)
        form = WindowForm(request.POST or None, user=request.user, window=window)
        return self._filled(request, form, _("Change %(name)s") % {"name": window.name})

    @answered
    def remove_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Take it away, unless jobs wait in it."""
        window = self.row(request, pk)
        if request.method != "POST":
            return redirect("admin:jobs_window_change", pk)
        delete_window(window, actor=request.user)
        messages.success(request, _("%(name)s was taken away.") % {"name": window.name})
        return redirect("admin:jobs_window_changelist")

    def _filled(self, request: HttpRequest, form: WindowForm, title: str) -> HttpResponseBase:
        if request.method == "POST" and (window := form.saved()):
            messages.success(request, _("%(name)s was saved.") % {"name": window.name})
            return redirect("admin:jobs_window_change", window.pk)
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, status=status)


def stands(window: Window) -> str:
    """Whether it is open, and until when or from when on."""
    now = clock.now()
    found, current = stand(window, now), opening(week_of(window), now)
    if current and current.end is None:
        return _("open, does not close")
    if current and current.end:
        return _("open until %(when)s") % {"when": local(current.end, window)}
    return _("opens %(when)s") % {"when": local(found.opens, window)} if found.opens else _("does not open again")
