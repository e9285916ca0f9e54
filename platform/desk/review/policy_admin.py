"""Policies in the admin: what holds in a project, and the form in which its owner sets one."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.models import Project, Role
from accounts.services import require, visible_projects
from audit.models import ProjectPolicy
from audit.policies import policies, policy
from desk.job.page import written
from desk.job.parameter_fields import chinese
from desk.pages import ReadOnlyAdmin, Route, answered
from desk.review.policy_form import PolicyForm
from jobs.policies import clear_policy, policies_of
from models_store.errors import NotFound

if TYPE_CHECKING:
    from audit.policy import Policy


@admin.register(ProjectPolicy)
class ProjectPolicyAdmin(ReadOnlyAdmin):
    """Set and clear; the list of them stands on the page of the project."""

    project_path = "project_id"

    def routes(self) -> list[Route]:
        """The form, and away with it."""
        return [
            ("<uuid:project>/<slug:name>/set/", "set", self.set_view),
            ("<uuid:project>/<slug:name>/clear/", "clear", self.clear_view),
        ]

    @answered
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Each project has its own."""
        return redirect("admin:accounts_project_changelist")

    @answered
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """On the page of its project."""
        return redirect("admin:accounts_project_change", self.row(request, object_id).project_id)

    @answered
    def set_view(self, request: HttpRequest, project: uuid.UUID, name: str) -> HttpResponseBase:
        """Its parameters, as they are or by default."""
        home, cls = _project(request, project), policy(name)
        require(request.user, home, Role.OWNER)
        now: dict[str, Any] = next((row.params for row in policies_of(home) if row.name == name), {})
        form = PolicyForm(cls, now, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.saved(home, request.user):
            messages.success(request, _("%(policy)s holds from now on.") % {"policy": title(cls)})
            return redirect("admin:accounts_project_change", home.pk)
        words = {"policy": title(cls), "project": home}
        heading = _("%(policy)s in %(project)s") % words
        context = {"title": heading, "form": form, "lead": summary(cls)}
        return self.page(
            request, "pages/review/policy.html", status=422 if request.method == "POST" else 200, **context
        )

    @answered
    def clear_view(self, request: HttpRequest, project: uuid.UUID, name: str) -> HttpResponseBase:
        """It no longer holds."""
        home = _project(request, project)
        if request.method == "POST":
            clear_policy(home, name, actor=request.user)
            messages.success(request, _("The policy no longer holds."))
        return redirect("admin:accounts_project_change", home.pk)


def policy_lines(project: Project) -> dict[str, Any]:
    """What the page of a project says of policies: those that hold, and those that could be set."""
    held = policies_of(project)
    known = policies()
    set_ = [{"row": row, "title": _title_of(row.name), "params": _params(row, known.get(row.name))} for row in held]
    names = {row.name for row in held}
    more = [
        {"name": name, "title": title(cls), "summary": summary(cls)} for name, cls in known.items() if name not in names
    ]
    return {"policies": set_, "more_policies": more}


def title(cls: type[Policy]) -> str:
    """A policy's title in the reader's language."""
    return cls.title_zh if chinese() else cls.title


def summary(cls: type[Policy]) -> str:
    """A policy's summary in the reader's language."""
    return cls.summary_zh if chinese() else cls.summary


def _title_of(name: str) -> str:
    found = policies().get(name)
    return title(found) if found else name


def _params(row: ProjectPolicy, cls: type[Policy] | None) -> list[tuple[str, str]]:
    said = cls.model_json_schema().get("properties", {}) if cls else {}
    key = "title_zh" if chinese() else "title"
    return [(said.get(name, {}).get(key) or name, written(value) or "—") for name, value in row.params.items()]


def _project(request: HttpRequest, pk: uuid.UUID) -> Project:
    found = visible_projects(request.user).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found
