"""People in the admin: projects, who is in them with which role, new people. Every change goes through a service."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.members import remove_member
from accounts.models import Membership, Project, Role
from accounts.services import holds, is_operator, owns_platform, require, require_superuser
from accounts.sight import watchers
from config import clock
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.people.form import MemberForm, ProjectForm
from desk.people.limits_form import LimitsForm
from desk.people.role_words import in_project
from desk.people.undo import done
from desk.review.legal_hold_note import legal_hold_note
from desk.review.policy_admin import policy_lines
from desk.words.sentences import in_language, sentence
from jobs.models import Job, State
from jobs.usage import usage_of
from models_store.errors import Conflict


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
        """Superusers open projects: whoever opens one owns it."""
        return owns_platform(request.user)  # type: ignore[arg-type]

    def routes(self) -> list[Route]:
        """A role for somebody, or none any more; weight and quotas."""
        return [
            ("<uuid:pk>/role/", "role", self.role_view),
            ("<uuid:pk>/remove/", "remove", self.remove_view),
            ("<uuid:pk>/limits/", "limits", self.limits_view),
        ]

    @answered
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Open a project."""
        require_superuser(request.user)  # type: ignore[arg-type]
        form = ProjectForm(request.POST or None)
        if request.method == "POST" and (project := form.created(request.user)):
            return redirect("admin:accounts_project_change", project.pk)
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/shared/plain_form.html", title=_("New project"), form=form, status=status)

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """One project and its people."""
        return self.project_page(request, self.row(request, object_id))

    def project_page(
        self, request: HttpRequest, project: Project, status: int = 200, **refused: Any
    ) -> HttpResponseBase:
        """The page of a project; `refused` is what could not be done: the form of a new member, or words in a row."""
        context = {
            "title": project.title or project.slug,
            "project": project,
            "members": project.membership_set.select_related("user").order_by("user__username"),
            "roles": in_project(),
            "watchers": watchers(),
            "form": MemberForm(),
            "may_change": holds(request.user, project, Role.OWNER),
            "may_limit": holds(request.user, project, Role.OWNER) or is_operator(request.user),
            "may_invite": is_operator(request.user),
            "usage": (usage := usage_of(project, clock.now())),
            "over": in_language(usage.over),
            **policy_lines(project),
            "queued": Job.objects.filter(project=project, state=State.QUEUED).exists(),
        }
        context |= legal_hold_note(request.user, project, "project", project.pk) | refused
        return self.page(request, "pages/people/project.html", status=status, **context)

    @answered
    def role_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Give somebody who has an account a role, or another one."""
        project = self.row(request, pk)
        if request.method != "POST":
            return redirect("admin:accounts_project_change", pk)
        require(request.user, project, Role.OWNER)
        form = MemberForm(request.POST)
        saved = form.saved(project, request.user)
        if saved is None:
            if request.POST.get("row"):
                words = [one for errors in form.errors.values() for one in errors]
                return self.refused(request, project, form.data.get("username", ""), " ".join(words))
            return self.project_page(request, project, status=422, form=form)
        member, before = saved
        words = _("%(name)s is %(role)s now.") % {"name": member.user.username, "role": member.get_role_display()}
        if not before:
            done(request, words, self.address("remove", pk), username=member.user.username)
        elif before != member.role:
            done(request, words, self.address("role", pk), username=member.user.username, role=before)
        return redirect("admin:accounts_project_change", pk)

    @answered
    def remove_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Take somebody out of the project."""
        project = self.row(request, pk)
        if request.method == "POST":
            require(request.user, project, Role.OWNER)
            name = request.POST.get("username", "").replace("\0", "")
            try:
                member = Membership.objects.select_related("user").get(project=project, user__username=name)
                role = remove_member(project, member.user, actor=request.user.username)
            except Membership.DoesNotExist:
                words = _("%(name)s is not a member of %(project)s.") % {"name": name, "project": project}
                messages.error(request, words)
            except Conflict as error:
                return self.refused(request, project, name, sentence(error))
            else:
                words = _("%(name)s is not in %(project)s any more.") % {"name": name, "project": project}
                done(request, words, self.address("role", pk), username=name, role=role)
        return redirect("admin:accounts_project_change", pk)

    def refused(self, request: HttpRequest, project: Project, name: str, words: str) -> HttpResponseBase:
        """The page again, with what could not be done in the row of that person."""
        return self.project_page(request, project, status=422, row=name, row_error=words)

    def address(self, name: str, pk: uuid.UUID) -> str:
        """Of a further page of a project."""
        return reverse(f"admin:accounts_project_{name}", args=[pk])

    @answered
    def limits_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Weight and quotas: operators set them, an owner may only tighten them, and says how long bytes are kept."""
        project = self.row(request, pk)
        if not is_operator(request.user):
            require(request.user, project, Role.OWNER)
        form = LimitsForm.of(project, request.POST or None, days=holds(request.user, project, Role.OWNER))
        if request.method == "POST" and form.saved(project, request.user):
            messages.success(request, _("Saved."))
            return redirect("admin:accounts_project_change", pk)
        title = _("Weight and quotas of %(project)s") % {"project": project}
        status = 422 if request.method == "POST" else 200
        return self.page(request, "pages/shared/plain_form.html", title=title, form=form, status=status)
