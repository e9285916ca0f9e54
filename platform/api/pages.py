"""Lists in pages by key: `next` and `previous` are links, and a page costs the same wherever it lies."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """By id, which sorts by time; `limit` items a page."""

    ordering = "-id"
    page_size, max_page_size, page_size_query_param = 50, 200, "limit"


class OldestFirst(NewestFirst):
    """The other way round, for what is read as it comes."""

    ordering = "id"
    page_size, max_page_size = 100, 1000
