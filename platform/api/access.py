"""Who may call what: a token's scopes narrow what its person may do; roles are the services' to check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from functools import partial
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.models import ApiToken, Project, User
from accounts.services import visible_ids
from api.allowance import count
from api.etags import CONDITIONS, EDITS, conditional, tagged
from api.idempotency import key_of, once
from api.parsers import EmptyForm, StrictJson
from api.rates import RateLimited, Standing
from api.reading import PAGING, check_encoding, check_length, check_words, checked_query, words_of
from api.schema import Operations
from api.walk import MOST_WAYS, Way, Ways
from models_store.errors import Forbidden, InvalidInput, NotFound


def projects_seen(person: User, only: Project | None = None) -> list[Any] | None:
    """The ids of the projects whose things the person sees, or of the one that is named; None for all of them."""
    if only:
        return [only.pk]
    return visible_ids(person)


def within(projects: Sequence[Any] | None) -> list[Q] | None:
    """Ways through these projects, or through all of them; None where they are too many to be read one by one."""
    found = projects
    if found is None:
        found = list(Project.objects.values_list("pk", flat=True)[: MOST_WAYS + 1])
    return [Q(project=one) for one in found] if len(found) <= MOST_WAYS else None


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
        found = next((parser for parser in parsers if parser.media_type == said), None)
        return EmptyForm() if found is None and said == EmptyForm.media_type else found

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The only one."""
        return renderers[0], renderers[0].media_type


class Endpoint(GenericAPIView):
    """An authenticated view; `scopes` names the scope of each method that needs another than read or submit.

    `filters` checks the words of a query; what it makes of them is `query`. A list has `orders`, the first of them
    where none is asked for; `fields` of what `serializer_class` has may be asked for alone. No other word is taken.

    One thing has a tag; what of it changes by itself is `passing` (etags.py). A POST under an Idempotency-Key is done
    once (idempotency.py), unless the view keeps the key with what it makes (`own_key`).
    """

    permission_classes = (IsAuthenticated, Scoped)
    content_negotiation_class = AnyAccept
    metadata_class = None  # OPTIONS is answered with 405: the OpenAPI document says more than DRF would
    schema = Operations()
    scopes: ClassVar[Mapping[str, str]] = {}
    parser_classes = (StrictJson,)
    filters: ClassVar[type[Serializer[Any]] | None] = None
    orders: ClassVar[tuple[str, ...]] = ()  # none: those of the paginator
    query: Mapping[str, Any] = {}
    fields: frozenset[str] = frozenset()  # all of them
    along: Sequence[Q | Way] = (Q(),)  # the ways to the rows that are seen
    ways: Ways | None = None  # for the paginator
    passing: ClassVar[tuple[str, ...]] = ()
    own_key: ClassVar[bool] = False
    conditions: ClassVar[bool] = True  # whether an edit heeds If-Match
    fixing = False  # whether `one` holds the row until the transaction ends
    standing = Standing()

    @property
    def person(self) -> User:
        """Who asks."""
        return self.request.user  # type: ignore[return-value]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Times are in UTC, whatever zone the pages have."""
        with timezone.override(UTC):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a path or a query that no database takes, before anything is asked of one."""
        check_encoding(request._request)
        check_length(request._request)
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:  # before anything is said of its query or its body
            raise MethodNotAllowed(str(request.method))
        placed = [(name, [str(value)]) for name, value in kwargs.items()]
        for name, values in [*placed, *request.query_params.lists()]:
            if any("\0" in value for value in values):
                raise InvalidInput("A text holds a NUL character.", field=name, expected="text without NUL")
        if request.method != "OPTIONS":
            self._read_query(request)
        self._keep_rules(request, str(request.method).lower())

    def _keep_rules(self, request: Request, method: str) -> None:
        """A handler that is done once, or only where a condition holds; it is looked up after this."""
        handler = getattr(self, method, None)
        if handler is None:
            return
        if method == "post" and not self.own_key and (key := key_of(request)) is not None:
            self.post = once(key, handler)
        elif self.conditions and request.method in EDITS and any(name in request.headers for name in CONDITIONS):
            setattr(self, method, conditional(self, handler))

    def perform_authentication(self, request: Request) -> None:
        """Who asks, and whether that person or address may ask again so soon."""
        try:
            super().perform_authentication(request)
        finally:
            self.standing = count(request)
            if not self.standing.granted:
                raise RateLimited(self.standing)

    def _read_query(self, request: Request) -> None:
        """Only words that somebody reads; a list's are those of its GET."""
        reads, pages = request.method in ("GET", "HEAD"), self.pagination_class is not None
        known = words_of(self.filters) if reads or not pages else ()
        passed = (*(PAGING if pages else ()), *(("fields",) if self.serializer_class else ())) if reads else ()
        check_words(request, (*known, *passed))
        if known and self.filters:
            self.query = checked_query(request, self.filters, passed)
        if "fields" in request.query_params and reads:
            self._narrow(request.query_params["fields"], str(request.method).lower(), pages)

    def _narrow(self, said: str, method: str, pages: bool) -> None:
        """Answer with these fields alone."""
        names, known = said.split(","), words_of(self.serializer_class)
        for name in names:
            if name not in known:
                detail = f"There is no field {name!r}."
                raise InvalidInput(detail, code="unknown_field", field="fields", expected=sorted(known), got=said)
        self.fields = frozenset(names)
        if not pages:  # the method is looked up after this
            setattr(self, method, self._narrowed(getattr(self, method)))

    def _narrowed(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        def handling(*args: Any, **kwargs: Any) -> Any:
            response = handler(*args, **kwargs)
            if isinstance(getattr(response, "data", None), Mapping):
                response.data = {name: value for name, value in response.data.items() if name in self.fields}
            return response

        return handling

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """With the fields that were asked for: others are not even worked out."""
        made = super().get_serializer(*args, **kwargs)
        if self.fields:
            form = getattr(made, "child", made)
            form.only = self.fields
            for name in set(form.fields) - self.fields:
                form.fields.pop(name)
        return made

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Nothing here is for a shared cache or a page around it."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        for name, value in self.standing.headers().items():
            response.headers[name] = value
        one = self.pagination_class is None and response.status_code == 200 and isinstance(response, Response)
        if one and request.method in ("GET", "HEAD"):
            response.add_post_render_callback(partial(tagged, request=request, passing=self.passing))
        return response

    def seen(self, rows: QuerySet[Any], project: str = "project", *, only: Project | None = None) -> QuerySet[Any]:
        """The rows that lie in projects of the person; in one of them, where a query says so."""
        projects = projects_seen(self.person, only)
        if projects is None:
            return rows
        self.along = [Q(**{project: one}) for one in projects]
        return rows.filter(**{f"{project}__in": projects})

    def one(self, rows: QuerySet[Any], project: str = "project", **by: Any) -> Any:
        """The row, or NotFound: to a stranger there is none."""
        projects = projects_seen(self.person)
        found = rows.filter(**by | ({} if projects is None else {f"{project}__in": projects}))
        row = found.first()
        if row is not None and self.fixing:
            type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk).first()
            row = found.all().first()  # as it is once whoever held it is done
        if row is None:
            raise NotFound()
        return row

    def page(self, rows: QuerySet[Any], rest: Q | None = None) -> Response:
        """One page of a list, along the ways of `seen`; `rest` is what no index knows in that order (api/walk.py)."""
        return self.listed(rows, Ways(self.along, rest or Q()))

    def listed(self, rows: QuerySet[Any], ways: Ways) -> Response:
        """One page of a list, along other ways."""
        self.ways = ways
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)
