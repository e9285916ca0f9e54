"""Recurring jobs in the admin: the list, one with its jobs, the form."""

from __future__ import annotations

import json
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from unfold.decorators import display

from accounts.models import Role
from accounts.services import holds, require, visible_projects
from desk.job.page import title
from desk.night.schedule_form import ScheduleForm
from desk.night.window_text import DAY_NAMES
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.roles import projects_as
from desk.words.sentences import in_language
from jobs import schedules
from jobs.models import Job, Schedule
from jobs.windows import DAYS
from models_store.ids import is_uuid

JOBS_SHOWN = 20
ASKS = {
    "run": (gettext_noop("Run now"), "play_arrow"),
    "pause": (gettext_noop("Pause"), "pause"),
    "resume": (gettext_noop("Resume"), "play_arrow"),
    "remove": (gettext_noop("Take away"), "close"),
}


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    """What is submitted by itself, when, and why it was not."""

    list_display = ("name", "project", "recurs", "due", "by", "fault")
    list_select_related = ("project", "submitted_by")
    list_before_template = "pages/shared/list_lead.html"
    lead = gettext_lazy(
        "Jobs that are submitted by themselves, such as a retraining every Sunday. The quickest way to one: open a job "
        "that ran well and choose “Repeat it every week” there."
    )

    @display(description=gettext_lazy("recurs"))
    def recurs(self, schedule: Schedule) -> str:
        return recurs(schedule)

    @display(description=gettext_lazy("next"), ordering="next_due")
    def due(self, schedule: Schedule) -> str:
        return due(schedule)

    @display(description=gettext_lazy("submitted by"), ordering="submitted_by")
    def by(self, schedule: Schedule) -> str:
        return schedule.submitted_by.username

    @display(description=gettext_lazy("last error"))
    def fault(self, schedule: Schedule) -> str:
        return in_language(schedule.last_error.get("detail", ""))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        return super().get_queryset(request).select_related("project", "submitted_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever submits in some project."""
        return self.has_view_permission(request) and projects_as(request.user, Role.SUBMITTER).exists()

    def routes(self) -> list[Route]:
        """Another time or body; what may be asked of it."""
        return [("<uuid:pk>/edit/", "edit", self.edit_view), ("<uuid:pk>/ask/<str:what>/", "ask", self.ask_view)]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """A new one; `?job=` fills in what that job was."""
        if not self.has_add_permission(request):
            return self.page(request, "pages/shared/not_yours.html", title=_("New recurring job"), status=403)
        said = request.GET.get("job", "")
        mine = Job.objects.filter(project__in=visible_projects(request.user))
        like = mine.filter(pk=said).first() if is_uuid(said) else None
        form = ScheduleForm(request.POST or None, user=request.user, like=like)
        return self._filled(request, form, _("New recurring job"))

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One recurring job, and the jobs it submitted."""
        schedule = self.row(request, object_id)
        may = holds(request.user, schedule.project, Role.SUBMITTER)
        hidden = "pause" if not schedule.active else "resume"
        context = {
            "title": schedule.name,
            "schedule": schedule,
            "recurs": recurs(schedule),
            "due": due(schedule),
            "body": json.dumps(schedule.body, ensure_ascii=False, indent=2),
            "error": in_language(schedule.last_error.get("detail", "")),
            "jobs": [(job, title(job)) for job in schedule.jobs.order_by("-pk")[:JOBS_SHOWN]],
            "may_change": may,
            "asks": [
                {"name": name, "title": _(title), "icon": icon}
                for name, (title, icon) in ASKS.items()
                if name != hidden
            ],
        }
        return self.page(request, "pages/night/schedule.html", **context)

    @answered
    def edit_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Another time or body; whoever changes it owns it."""
        schedule = self.row(request, pk)
        require(request.user, schedule.project, Role.SUBMITTER)
        form = ScheduleForm(request.POST or None, user=request.user, schedule=schedule)
        return self._filled(request, form, _("Change %(name)s") % {"name": schedule.name})

    @answered
    def ask_view(self, request: HttpRequest, pk: uuid.UUID, what: str) -> HttpResponseBase:
        """Run now, rest, go on, away with it."""
        schedule = self.row(request, pk)
        if request.method != "POST" or what not in ASKS:
            return redirect("admin:jobs_schedule_change", pk)
        if what == "run":
            job = schedules.run_now(schedule, actor=request.user)
            messages.success(request, _("Submitted: %(job)s") % {"job": job})
            return redirect("admin:jobs_job_change", job.pk)
        if what == "remove":
            schedules.delete_schedule(schedule, actor=request.user)
            messages.success(request, _("%(name)s was taken away.") % {"name": schedule.name})
            return redirect("admin:jobs_schedule_changelist")
        verb = schedules.rest if what == "pause" else schedules.go_on
        verb(schedule, actor=request.user)
        return redirect("admin:jobs_schedule_change", pk)

    def _filled(self, request: HttpRequest, form: ScheduleForm, title: str) -> HttpResponseBase:
        if request.method == "POST" and (schedule := form.saved()):
            messages.success(request, _("%(name)s was saved.") % {"name": schedule.name})
            return redirect("admin:jobs_schedule_change", schedule.pk)
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, status=status)


def recurs(schedule: Schedule) -> str:
    """On which days, at which time: Sunday 02:00 Europe/Berlin."""
    some = ", ".join(str(DAY_NAMES[day]) for day in schedule.days)
    days = _("every day") if len(schedule.days) == len(DAYS) else some
    return f"{days} {schedule.at} {schedule.timezone}"


def due(schedule: Schedule) -> str:
    """When it is submitted next, as its zone shows it."""
    if not schedule.active or schedule.next_due is None:
        return _("rests")
    return f"{schedule.next_due.astimezone(ZoneInfo(schedule.timezone)):%Y-%m-%d %H:%M} {schedule.timezone}"
