"""The places from which views run, and how much of a body is taken on the way to one."""

from __future__ import annotations

import asyncio
import re

from django.conf import settings

from api.body_digest import Vouched
from api.errors import described
from api.exchange import Answer, Message, Receive, Scope, header, no_body, problem
from jobs.uploads import FORM_BYTES
from models_store.errors import ProductError

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
VERSIONS = re.compile(rf"^/api/v1/datasets/{ID}/versions$")
PIECES = re.compile(rf"^/api/v1/uploads/{ID}$")
VERIFY = "/api/v1/verify"
GATHERS = re.compile(r"^/api/v1/.*/(?:export|evidence|self-check)$")


class Seat:
    """One of the places: taken when the body is whole, so that a slow upload holds none."""

    def __init__(self, seats: asyncio.Semaphore, scope: Scope, receive: Receive) -> None:
        self.seats, self.scope, self.source = seats, scope, receive
        self.limit = limit_of(scope)
        self.taken, self.sitting = 0, False
        self.refusal: Answer | None = None  # in the place of Django's answer, which then never comes
        self._vouched: Vouched | None = None

    async def receive(self) -> Message:
        """Django's `receive`: the body, counted; a view that has begun runs to its end, whoever goes away."""
        if self.sitting:
            await asyncio.Event().wait()
        message = await self.source()
        last = message["type"] == "http.request" and not message.get("more_body", False)
        if self._refused(message.get("body", b""), last=last):
            return {"type": "http.disconnect"}
        if last:
            await self.seats.acquire()
            self.sitting = True
        return message

    def _refused(self, data: bytes, *, last: bool) -> bool:
        self.taken += len(data)
        if self.taken > self.limit:
            self.refusal = too_large(self.taken, self.limit, self.scope)
        elif self.source is not no_body:
            try:
                self._vouched = self._vouched or Vouched(self.scope)
                self._vouched.take(data)
                if last:
                    self._vouched.end()
            except ProductError as error:
                self.refusal = said(error, self.scope)
        return self.refusal is not None

    def leave(self) -> None:
        """Free for the next one."""
        if self.sitting:
            self.sitting = False
            self.seats.release()


def takes_long(scope: Scope) -> bool:
    """Whether its view may take longer: a page, one that gathers much, takes in a file, or waits to write."""
    quick = scope["path"].startswith("/api/") and scope["method"] in ("GET", "HEAD")
    return not quick or bool(GATHERS.match(scope["path"]))


def limit_of(scope: Scope) -> int:
    """The largest body that is taken at this place, so that no byte more is read of one that is refused anyway."""
    path = scope["path"]
    most = settings.UPLOAD_LIMIT_BYTES + FORM_BYTES
    if path == VERIFY:
        return min(most, settings.VERIFY_LIMIT_BYTES + FORM_BYTES)
    if path.startswith("/api/") and not (VERSIONS.match(path) or PIECES.match(path)):
        return min(most, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return most


def beyond(scope: Scope) -> Answer | None:
    """413 for a body that is said to be too large, before a byte of it is read; 400 for a query that is no text."""
    try:
        scope["query_string"].decode()
    except UnicodeDecodeError:
        return problem(400, "malformed", "The query is no text in UTF-8.", header(scope, b"x-request-id"))
    declared, most = header(scope, b"content-length"), limit_of(scope)
    too_much = declared.isascii() and declared.isdecimal() and int(declared[:20]) > most
    return too_large(declared, most, scope) if too_much else None


def too_large(got: int | str, most: int, scope: Scope) -> Answer:
    """413."""
    expected = f"at most {most} bytes"
    said_got = str(got)[:20]
    name = header(scope, b"x-request-id")
    return problem(413, "too_large", "The body is too large.", name, expected=expected, got=said_got)


def said(error: ProductError, scope: Scope) -> Answer:
    """An error that Django is not asked about."""
    status, body = described(error)
    code, detail = body.pop("code"), body.pop("detail")
    return problem(status, code, detail, header(scope, b"x-request-id"), **body)
