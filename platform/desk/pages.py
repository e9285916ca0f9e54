"""Pages of the admin: they show rows, and leave every change to a service; an error becomes a sentence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from accounts.services import sees_all, visible_projects
from audit.reasons import LONGEST
from desk.paging import BoundedPaginator
from desk.review.reason_form import spoken_of, typed_again
from desk.words.sentences import sentence
from models_store.errors import Forbidden, NotFound, ProductError
from models_store.ids import is_uuid

View = Callable[..., HttpResponseBase]
Route = tuple[str, str, View]


def answered(view: View) -> View:
    """A page that answers every ProductError in words: 404, 403, a message on the page one came from, or the form
    once more where what somebody wrote has to be mended."""

    @wraps(view)
    def wrapper(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(self, request, *args, **kwargs)
        except NotFound as error:
            raise Http404(sentence(error)) from error
        except ProductError as error:
            if isinstance(error, Forbidden) and request.method == "GET":
                raise PermissionDenied(sentence(error)) from error
            if form := typed_again(request, error):
                title = _("Please look at what you wrote")
                about = spoken_of(request.user, self.opts.label_lower, kwargs)
                return self.page(
                    request, "pages/shared/plain_form.html", title=title, form=form, about=about, status=422
                )
            messages.error(request, sentence(error))
            return redirect(came_from(request))

    return wrapper


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form stood on, else the home page."""
    said = request.headers.get("Referer", "")
    whole = said.startswith(("http://", "https://"))  # else Django takes it for the name of a page
    ours = whole and url_has_allowed_host_and_scheme(said, {request.get_host()}, require_https=request.is_secure())
    return said if ours and request.method == "POST" else "admin:index"


class ReadOnlyAdmin(ModelAdmin):
    """Lists and details of rows in one's own projects; `project_path` leads from a row to its project."""

    project_path = "project"
    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50
    actions = None
    list_filter_sheet = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever is logged in; which rows, `get_queryset` says."""
        return bool(request.user.is_active)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the projects that the person may see."""
        rows = super().get_queryset(request)
        if sees_all(request.user):
            return rows
        return rows.filter(**{f"{self.project_path}__in": visible_projects(request.user)})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Of the fields only those that the list can be filtered by: any other could be guessed at letter by letter."""
        name = lookup.split("__")[0]
        if name in {getattr(one, "parameter_name", one) for one in self.get_list_filter(request)}:
            return True
        fields = {named for one in self.opts.get_fields() for named in (one.name, getattr(one, "attname", ""))}
        return name not in fields and super().lookup_allowed(lookup, value, request)

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], per_page: int, *args: Any, **said: Any
    ) -> Any:
        """Lists of one's projects are read project by project, in the order of an index."""
        ways = () if sees_all(request.user) else self.ways(request)
        return self.paginator(queryset, per_page, *args, ways=ways, **said)

    def ways(self, request: HttpRequest) -> list[Q]:
        """A condition for each project of the person; none for lists that no project has rows in."""
        projects = visible_projects(request.user).values_list("pk", flat=True)
        return [Q(**{self.project_path: project}) for project in projects]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list; what no form of ours sends is no list at all."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        asked = [value for values in request.GET.lists() for value in values[1]]
        if not all(map(is_uuid, chosen)) or any("\0" in value for value in asked):
            raise Http404(_("There is no such page, or you may not see it."))
        return super().changelist_view(request, extra_context)

    def routes(self) -> list[Route]:
        """Further pages: path below the list, name, view."""
        return []

    def get_urls(self) -> list[URLPattern]:
        """Own pages first, then Django's; not its pages to delete rows and to show a history that nobody writes."""
        own = [
            path(route, self.admin_site.admin_view(view), name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")
            for route, name, view in self.routes()
        ]
        theirs = [one for one in super().get_urls() if not (one.name or "").endswith(("_delete", "_history"))]
        return own + theirs

    def row(self, request: HttpRequest, pk: Any) -> Any:
        """One row that the person may see, or 404."""
        found = self.get_queryset(request).filter(pk=pk).first() if is_uuid(str(pk)) else None
        if found is None:
            raise Http404(_("There is no such page, or you may not see it."))
        return found

    def page(self, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """A page in the look of the admin."""
        request.current_app = self.admin_site.name
        whole = self.admin_site.each_context(request) | {"longest_reason": LONGEST} | context
        return TemplateResponse(request, template, whole, status=status)
