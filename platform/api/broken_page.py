"""Pages for what is broken below the platform: a database that is away or takes no changes, a full disk.

They ask the database for nothing, and say what still works.
"""

from __future__ import annotations

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from models_store.full_disk import no_room

READ_ONLY = ("readonly database", "read-only transaction", "read-only mode")
RETRY_AFTER_S = 30


def broken_page(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The page that says what is broken; None for a fault of another kind."""
    if error is None:
        return None
    if no_room(error):
        return HttpResponse(render_to_string("507.html"), status=507)
    if isinstance(error, DatabaseError) and any(word in str(error) for word in READ_ONLY):
        return _away("503_read_only.html")
    return _away("503.html") if isinstance(error, OperationalError | InterfaceError) else None


def _away(template: str) -> HttpResponse:
    return HttpResponse(render_to_string(template), status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
