"""Lists in pages by key: `next` and `previous` are links, and a page costs the same wherever it lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class NewestFirst(CursorPagination):
    """By id, which sorts by time; `limit` items a page."""

    ordering = "-id"
    page_size, max_page_size, page_size_query_param = 50, 200, "limit"

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        """The rows of one page; `view.among` says which field has to be one of which values."""
        field, values = getattr(view, "among", ("", ()))
        if len(values) > 1:
            queryset = self._merged(queryset, field, values, request)
        return super().paginate_queryset(queryset, request, view)

    def _merged(self, rows: QuerySet[Any], field: str, values: Sequence[Any], request: Request) -> QuerySet[Any]:
        """Only rows that can stand on this page: databases sort the whole where they could merge what is sorted."""
        cursor = self.decode_cursor(request)
        most = (self.get_page_size(request) or 0) + (cursor.offset if cursor else 0) + 1
        backwards = bool(cursor and cursor.reverse) != (self.ordering == "id")
        near = rows.order_by("id" if backwards else "-id")
        if cursor and cursor.position:
            near = near.filter(**{"id__gt" if backwards else "id__lt": cursor.position})
        found = [pk for value in values for pk in near.filter(**{field: value}).values_list("pk", flat=True)[:most]]
        return rows.filter(pk__in=found)


class OldestFirst(NewestFirst):
    """The other way round, for what is read as it comes."""

    ordering = "id"
    page_size, max_page_size = 100, 1000
