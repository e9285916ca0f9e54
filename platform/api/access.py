"""Who may call what: a token's scopes narrow what its person may do; roles are the services' to check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiToken, User
from accounts.services import sees_all, visible_projects
from api.schema import Operations
from models_store.errors import Forbidden, InvalidInput, NotFound


class ScopeMissing(Forbidden):
    """The token was not given the scope that this needs."""

    code = "scope_missing"


class Scoped(BasePermission):
    """A token needs the scope of the endpoint and method; a session has them all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raise ScopeMissing where the token lacks it."""
        if not isinstance(request.auth, ApiToken):
            return True
        method = "GET" if request.method in ("HEAD", "OPTIONS") else str(request.method)
        needed = view.scopes.get(method, "read" if method == "GET" else "submit")
        if needed not in request.auth.scopes:
            raise ScopeMissing(expected=needed, got=request.auth.scopes)
        return True


class AnyAccept(BaseContentNegotiation):
    """Each endpoint answers with its one media type, whatever the client would like best."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser for the body's media type, None for an unknown one."""
        said = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == said), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The only one."""
        return renderers[0], renderers[0].media_type


class Endpoint(GenericAPIView):
    """An authenticated view; `scopes` names the scope of each method that needs another than read or submit."""

    permission_classes = (IsAuthenticated, Scoped)
    content_negotiation_class = AnyAccept
    metadata_class = None  # OPTIONS is answered with 405: the OpenAPI document says more than DRF would
    schema = Operations()
    scopes: ClassVar[Mapping[str, str]] = {}
    among: tuple[str, list[Any]] = ("", [])  # for the paginator: a field, and the values it has in rows that are seen

    @property
    def person(self) -> User:
        """Who asks."""
        return self.request.user  # type: ignore[return-value]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a path or a query that no database takes, before anything is asked of one."""
        super().initial(request, *args, **kwargs)
        placed = [(name, [str(value)]) for name, value in kwargs.items()]
        for name, values in [*placed, *request.query_params.lists()]:
            if any("\0" in value for value in values):
                raise InvalidInput("A text holds a NUL character.", field=name, expected="text without NUL")

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Nothing here is for a shared cache or a page around it."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        return response

    def seen(self, rows: QuerySet[Any], project: str = "project") -> QuerySet[Any]:
        """The rows that lie in projects of the person."""
        if sees_all(self.person):
            return rows
        projects = list(visible_projects(self.person).values_list("pk", flat=True))
        self.among = (project, projects)
        return rows.filter(**{f"{project}__in": projects})

    def one(self, rows: QuerySet[Any], project: str = "project", **by: Any) -> Any:
        """The row, or NotFound: to a stranger there is none."""
        row = self.seen(rows, project).filter(**by).first()
        if row is None:
            raise NotFound()
        return row

    def page(self, rows: QuerySet[Any]) -> Response:
        """One page of a list, newest first unless the paginator of the view says otherwise."""
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)
