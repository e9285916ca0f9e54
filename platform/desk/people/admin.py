"""People in the admin: projects, who is in them with which role, new people. Every change goes through a service."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.models import Project, Role, User
from accounts.services import require, set_role
from config import clock
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.form import PersonForm, ProjectForm
from desk.people.limits_form import LimitsForm
from desk.people.roles import holds
from desk.review.legal_hold_note import legal_hold_note
from desk.review.policy_admin import policy_lines
from desk.words.sentences import in_language
from jobs.models import Job, State
from jobs.usage import usage_of


@admin.register(Project)
class ProjectAdmin(ReadOnlyAdmin):
    """Projects and the people in them."""

    project_path = "pk"
    list_display = ("slug", "title", "people", "max_running", "weight", "created_at")
    search_fields = ("slug", "title")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(member_count=Count("membership"))

    @display(description=gettext_lazy("people"))
    def people(self, project: Project) -> int:
        return project.member_count  # type: ignore[attr-defined]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers open projects."""
        return bool(request.user.is_superuser)

    def routes(self) -> list[Route]:
        """A role for somebody; a new person; weight and quotas."""
        return [
            ("<uuid:pk>/role/", "role", self.role_view),
            ("<uuid:pk>/person/", "person", self.person_view),
            ("<uuid:pk>/limits/", "limits", self.limits_view),
        ]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Open a project."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProjectForm(request.POST or None)
        if request.method == "POST" and (project := form.created(request.user)):
            return redirect("admin:accounts_project_change", project.pk)
        return self.page(request, "pages/shared/plain_form.html", title=_("New project"), form=form)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One project and its people."""
        project = self.row(request, object_id)
        context = {
            "title": project.title or project.slug,
            "project": project,
            "members": project.membership_set.select_related("user").order_by("user__username"),
            "roles": Role.choices,
            "may_change": holds(request.user, project, Role.OWNER),
            "may_add": request.user.is_superuser,
            "usage": (usage := usage_of(project, clock.now())),
            "over": in_language(usage.over),
            **policy_lines(project),
            "queued": Job.objects.filter(project=project, state=State.QUEUED).exists(),
        }
        context |= legal_hold_note(request.user, project, "project", project.pk)
        return self.page(request, "pages/people/project.html", **context)

    @answered
    def role_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Give somebody who has an account a role."""
        project = self.row(request, pk)
        if request.method == "POST":
            require(request.user, project, Role.OWNER)
            name = request.POST.get("username", "").replace("\0", "").strip()
            user = User.objects.filter(username=name).first()
            if user is None:
                messages.error(request, _("There is no person called %(name)s.") % {"name": name})
            else:
                member = set_role(project, user, request.POST.get("role", ""), actor=request.user.username)
                words = {"name": user.username, "role": member.get_role_display()}
                messages.success(request, _("%(name)s is %(role)s now.") % words)
        return redirect("admin:accounts_project_change", pk)

    @answered
    def person_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """A new person with a role in the project: superusers only, since an account reaches beyond one project."""
        project = self.row(request, pk)
        if not request.user.is_superuser:
            raise PermissionDenied
        form = PersonForm(request.POST or None)
        if request.method == "POST" and (user := form.created(project, request.user)):
            messages.success(request, _("%(name)s can log in now.") % {"name": user.username})
            return redirect("admin:accounts_project_change", pk)
        title = _("A new person in %(project)s") % {"project": project}
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form)

    @answered
    def limits_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Weight and quotas: superusers set them, an owner may only tighten them."""
        project = self.row(request, pk)
        require(request.user, project, Role.OWNER)
        form = LimitsForm.of(project, request.POST or None)
        if request.method == "POST" and form.saved(project, request.user):
            messages.success(request, _("Saved."))
            return redirect("admin:accounts_project_change", pk)
        title = _("Weight and quotas of %(project)s") % {"project": project}
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, status=status)
