"""Entity tags (RFC 9110, sections 8.8 and 13): 304 for what the client has, 412 where somebody changed it meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from config.compression import ZIPPED
from models_store.errors import Conflict, NotFound

EDITS = ("PUT", "PATCH", "DELETE")
CONDITIONS = ("If-Match", "If-None-Match")
KEPT = ("ETag", "Cache-Control", "Vary", "Content-Security-Policy", "RateLimit", "RateLimit-Policy")  # by a 304
DIGITS = 24
UNREADABLE = '"-"'  # of what is there and has no representation


class PreconditionFailed(Conflict):
    """What you meant to change has been changed since you read it: read it again."""

    code, http_status = "precondition_failed", 412


class Edited(Protocol):
    """A view of one thing."""

    passing: Sequence[str]
    fixing: bool
    get: Callable[..., Response]


def tag_of(body: Any, passing: Sequence[str] = (), rendered: bytes | None = None) -> str:
    """The strong tag of a representation.

    `passing` are members that change although nobody changes the thing, such as a forecast: the tag has a digest
    without them before the one of all. A copy is compared by the whole, an edit by the first.
    """
    whole = _digest(JSONRenderer().render(body) if rendered is None else rendered)
    if not passing or not isinstance(body, Mapping):
        return f'"{whole}"'
    lasting = {name: said for name, said in body.items() if name not in passing}
    return f'"{_digest(JSONRenderer().render(lasting))}.{whole}"'


def has(said: str, tag: str) -> str | None:
    """Which tag of If-None-Match is this one (weakly compared, as that header wants it); None for none of them."""
    listed = parse_etags(said)
    if listed == ["*"]:
        return tag
    return next((one for one in listed if _plain(one.removeprefix("W/")) == _plain(tag)), None)


def fits(said: str, tag: str) -> bool:
    """Whether If-Match names this tag, or any; a weak one never fits."""
    listed = parse_etags(said)
    return listed == ["*"] or any(_lasting(one) == _lasting(tag) for one in listed)


def tagged(response: Response, *, request: Request, passing: Sequence[str] = ()) -> HttpResponse | None:
    """For a rendered answer: its tag, or 304 in its place where the client has just that."""
    tag = response.headers.get("ETag") or tag_of(response.data, passing, response.rendered_content)
    response.headers["ETag"] = tag
    found = has(request.headers.get("If-None-Match", ""), tag)
    if found is None:
        return None
    unchanged = HttpResponseNotModified(headers={name: response[name] for name in KEPT if name in response})
    unchanged.headers["ETag"] = found.removeprefix("W/")
    return unchanged


def conditional(view: Edited, handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler of an edit, done only where its conditions hold: looked at and changed in one transaction.

    Two editors of one thing come one after the other, so that the second is told. The row that `view.one` finds is held
    as well, against whoever edits without a condition. Raises PreconditionFailed.
    """

    def edited(request: Request, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            _come_alone(request.path)
            view.fixing = True
            try:
                tag = _current(view, request, *args, **kwargs)
            finally:
                view.fixing = False
            _check(request, tag)
            response = handler(request, *args, **kwargs)
            if response.status_code == 200 and tag != UNREADABLE:
                response.headers["ETag"] = _current(view, request, *args, **kwargs)
            return response

    return edited


def _check(request: Request, tag: str | None) -> None:
    wanted, unwanted = (request.headers.get(name) for name in CONDITIONS)
    if wanted is not None and not (tag and fits(wanted, tag)):
        raise PreconditionFailed(field="If-Match", expected=tag or "that something is there", got=wanted)
    if unwanted is not None and tag and has(unwanted, tag):
        raise PreconditionFailed(field="If-None-Match", expected="another state than this", got=unwanted)


def _current(view: Edited, request: Request, *args: Any, **kwargs: Any) -> str | None:
    """The tag of what is there; None where there is nothing yet, and a PUT would make it."""
    read = getattr(view, "get", None)
    if read is None:
        return UNREADABLE
    try:
        return tag_of(read(request, *args, **kwargs).data, view.passing)
    except NotFound:
        if request.method == "PUT":
            return None
        raise


def _come_alone(path: str) -> None:
    """One conditional edit of a path at a time; SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        number = int.from_bytes(hashlib.sha256(path.encode()).digest()[:8], signed=True)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def _plain(tag: str) -> str:
    """Without quotes, and whether it travelled compressed."""
    return tag.strip('"').removesuffix(ZIPPED)


def _lasting(tag: str) -> str:
    return _plain(tag).partition(".")[0]
