"""Every error as `application/problem+json` (RFC 9457): a stable code, the field, what was expected and what came."""

from __future__ import annotations

import json
import logging
import math
import sys
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from api.broken_page import broken_page
from models_store.errors import ProductError
from models_store.full_disk import DiskFull, no_room

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "X-Request-Id"
LONGEST_ECHO = 500  # characters of what came that are repeated
RETRY_AFTER_S = 2
TOO_BIG = "The body is too large."
BUSY = "The database is busy; the same request may succeed in a moment."
BUG = "This is a fault of the platform. The log of the web process has it under this request id."

# Expected exceptions that are not ours: what they are answered with, and their stable code.
KNOWN: tuple[tuple[type[Exception], int, str], ...] = (
    (exceptions.NotAuthenticated, 401, "not_authenticated"),
    (exceptions.AuthenticationFailed, 401, "authentication_failed"),
    (exceptions.PermissionDenied, 403, "forbidden"),
    (exceptions.NotFound, 404, "not_found"),
    (exceptions.MethodNotAllowed, 405, "method_not_allowed"),
    (exceptions.UnsupportedMediaType, 415, "unsupported_media_type"),
    (exceptions.Throttled, 429, "too_many_requests"),
    (exceptions.ParseError, 400, "malformed"),
    (PermissionDenied, 403, "forbidden"),
    (Http404, 404, "not_found"),
    (RequestDataTooBig, 413, "too_large"),
    (SuspiciousOperation, 400, "malformed"),
    (OperationalError, 503, "database_busy"),
    (RecursionError, 400, "malformed"),
    (UnicodeError, 400, "malformed"),
)
TITLES = {460: "Checksum Mismatch"}  # of tus 1.0
SAID: dict[type[Exception], str] = {
    RequestDataTooBig: TOO_BIG,
    OperationalError: BUSY,
    Http404: "There is nothing here.",
    RecursionError: "The body is nested too deeply.",
    UnicodeError: "The request holds text that is no Unicode.",
}


def problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler."""
    request = context.get("request")
    request_id = id_of(request)
    status, body = described(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request %s failed", request_id, exc_info=error)
    headers = {REQUEST_ID: request_id} | getattr(error, "headers", {})
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    wait_s = getattr(error, "wait", None) or (RETRY_AFTER_S if body.get("retry") else None)
    if wait_s:
        headers["Retry-After"] = str(max(1, math.ceil(wait_s)))
    return Response(completed(status, body, request_id), status=status, headers=headers, content_type=MEDIA_TYPE)


def described(error: Exception) -> tuple[int, dict[str, Any]]:
    """HTTP status and what is known of an error: code, detail, field, expected, got."""
    if isinstance(error, ProductError):
        said = error.as_dict() | ({"retry": True} if error.retry else {})
        return error.http_status, said | {name: echoed(said[name]) for name in ("got",) if name in said}
    if isinstance(error, exceptions.ValidationError):
        field, detail = first_fault(error.detail)
        return 422, {"code": "invalid_input", "detail": detail, "field": field or None}
    if isinstance(error, ValidationError):
        return 422, {"code": "invalid_input", "detail": " ".join(error.messages)}
    if no_room(error):
        return described(DiskFull())
    for kind, status, code in KNOWN:
        if isinstance(error, kind):
            detail = SAID.get(kind) or str(getattr(error, "detail", "") or HTTPStatus(status).phrase)
            return status, {"code": code, "detail": detail} | ({"retry": True} if status == 503 else {})
    if isinstance(error, exceptions.APIException):
        return error.status_code, {"code": str(error.default_code), "detail": str(error.detail)}
    return 500, {"code": "internal_error", "detail": BUG}


def completed(status: int, said: Mapping[str, Any], request_id: str) -> dict[str, Any]:
    """The members of RFC 9457 around what is known."""
    known = {name: sendable(value) for name, value in said.items() if value is not None}
    head = {"type": f"urn:kilnmark:problem:{said['code']}", "title": title(status), "status": status}
    return head | known | {"request_id": request_id}


def title(status: int) -> str:
    """The words of an HTTP status."""
    return TITLES.get(status) or HTTPStatus(status).phrase


def first_fault(detail: Any, place: str = "") -> tuple[str, str]:
    """The first field of a tree of DRF errors, dotted, and what is wrong with it."""
    if isinstance(detail, Mapping):
        name, inner = next(iter(detail.items()))
        own = "" if name == "non_field_errors" else str(name)
        return first_fault(inner, ".".join(part for part in (place, own) if part))
    if isinstance(detail, list):
        return first_fault(next((one for one in detail if one), ""), place)
    return place, str(detail)


def echoed(got: Any) -> Any:
    """What came, as far as it is short enough to be repeated."""
    text = json.dumps(got, default=str, ensure_ascii=False)
    return got if len(text) <= LONGEST_ECHO else text[:LONGEST_ECHO] + "..."


def sendable(value: Any) -> Any:
    """The value, or its Python form where JSON in UTF-8 has none: an infinite number, half a surrogate pair."""
    try:
        json.dumps(value, default=str, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return ascii(value)
    return value


def id_of(request: Any) -> str:
    """The id under which the request stands in the log; the gate gives one to each."""
    said = request.headers.get(REQUEST_ID, "") if request is not None else ""
    return said or str(uuid.uuid4())


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that never reaches a view, such as one for another host."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    return _plain(request, 400, {"code": "malformed", "detail": "This request is not understood by this host."})


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault outside every view; Django has logged it."""
    if not request.path.startswith("/api/"):
        return broken_page(request, sys.exc_info()[1]) or defaults.server_error(request)
    return _plain(request, 500, {"code": "internal_error", "detail": BUG})


def _plain(request: HttpRequest, status: int, said: Mapping[str, Any]) -> HttpResponse:
    body = json.dumps(completed(status, said, id_of(request)))
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE)
