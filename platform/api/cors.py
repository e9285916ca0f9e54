"""What pages of other origins may do: django-cors-headers decides, for answers that never reach it too."""

from __future__ import annotations

from io import BytesIO

from corsheaders.middleware import CorsMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse

from api.exchange import Scope

SAYS = ("access-control-", "vary")


def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


_rules = CorsMiddleware(_nothing)


def cross_origin(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers of an answer to this request (ASGI), by the same rules as Django's own answers."""
    answer = _rules.add_response_headers(ASGIRequest(scope, BytesIO()), HttpResponse())
    return [
        (name.lower().encode(), value.encode("latin-1"))
        for name, value in answer.headers.items()
        if name.lower().startswith(SAYS)
    ]
