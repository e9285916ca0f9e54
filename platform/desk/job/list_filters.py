"""What the list of jobs can be narrowed to: kind, method, project, person; none of them reads the jobs."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Project, User
from accounts.services import visible_projects
from catalog.plugins import available
from desk.job.parameter_fields import title_of
from desk.words.sentences import in_language
from jobs.models import Job
from models_store.ids import is_uuid

MOST = 100  # choices of one filter; a search finds the others


class KindFilter(SimpleListFilter):
    """Train, generate, ..."""

    title, parameter_name = _("kind"), "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that some worker offers."""
        return [(row.name, in_language(row.name)) for row in available("kind")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Its jobs."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class FamilyFilter(SimpleListFilter):
    """By method, for trainings."""

    title, parameter_name = _("method"), "family"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that some worker offers."""
        return [(row.name, title_of(row)) for row in available("family")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Its jobs."""
        return queryset.filter(family=self.value()) if self.value() else queryset


class ProjectFilter(SimpleListFilter):
    """For whoever sees several projects."""

    title, parameter_name = _("project"), "in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Those that the person may see."""
        rows = list(visible_projects(request.user).order_by("slug")[:MOST])  # type: ignore[arg-type]
        return [(str(row.pk), str(row)) for row in rows] if len(rows) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Its jobs; none where the address names no project."""
        said = self.value()
        if not said:
            return queryset
        return queryset.filter(project=said) if is_uuid(said) else queryset.none()


class PersonFilter(SimpleListFilter):
    """Who submitted it: oneself first."""

    title, parameter_name = _("submitted by"), "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Members of the projects that the person sees."""
        me: Any = request.user
        seen = Project.members.through.objects.filter(project__in=visible_projects(me)).values("user")
        names = (
            User.objects.filter(pk__in=seen).exclude(pk=me.pk).order_by("username").values_list("username", flat=True)
        )
        return [(me.username, str(_("me"))), *((name, name) for name in names[:MOST])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """Theirs."""
        return queryset.filter(submitted_by__username=self.value()) if self.value() else queryset
