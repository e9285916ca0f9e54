"""One request from the door to its last byte: its id, who asked, what its answer carries, one line in the log."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from rest_framework.request import Request

from api.cors import cross_origin
from api.exchange import NAME, Headers, Message, Scope, Send, header
from api.rates import Standing
from config.request_name import ACCESS, REQUEST

VISIT = "kilnmark.visit"  # in the ASGI scope
LONGEST_PATH = 300  # characters of a path that are logged
NOBODY = "-"
log = logging.getLogger(ACCESS)


@dataclass
class Visit:
    """What is known of a request. Django may be asked several times for one of them; it counts once."""

    scope: Scope
    name: str
    began: float = field(default_factory=time.perf_counter)
    who: str = NOBODY  # never a secret: the id of an account, and the hint of a token
    status: int = 0
    fate: str = "gone"  # of a request that got no answer: its client went away
    standing: Standing | None = None  # None: not counted yet

    def answering(self, send: Send) -> Send:
        """`send` that puts into the answer what every answer has, whoever made it."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                message = message | {"headers": self._completed(message["headers"])}
            await send(message)

        return sending

    def _completed(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        kept = [(name, value) for name, value in headers if name.lower() != NAME]
        there = {name.lower() for name, _ in kept}
        more = [(name.lower().encode(), value.encode()) for name, value in self._rates().items()]
        if header(self.scope, b"origin") and b"access-control-allow-origin" not in there:
            more += cross_origin(self.scope)
        return [*kept, (NAME, self.name.encode()), *((name, value) for name, value in more if name not in there)]

    def _rates(self) -> Mapping[str, str]:
        return self.standing.headers() if self.standing else {}

    def line(self) -> str:
        """For the log: no query, which may hold what is private, and nothing that breaks the line."""
        path = quote(self.scope["path"][:LONGEST_PATH], safe="/@:+,;=~!$&'()*[]")
        took_ms = (time.perf_counter() - self.began) * 1000
        method = quote(str(self.scope["method"])[:20], safe="")
        status = self.status or self.fate
        return f"request={self.name} method={method} path={path} status={status} ms={took_ms:.1f} who={self.who}"


@asynccontextmanager
async def visiting(scope: Scope) -> AsyncIterator[Visit]:
    """A visit under a fresh id (one that came from outside is not believed), logged when it is over."""
    name = str(uuid.uuid4())
    kept = [(key, value) for key, value in scope["headers"] if key != NAME]
    visit = Visit(scope | {"headers": [*kept, (NAME, name.encode())]}, name)
    visit.scope[VISIT] = visit
    before = REQUEST.set(name)
    try:
        yield visit
    except Exception:
        visit.fate = "broken"
        raise
    finally:
        log.info(visit.line())
        REQUEST.reset(before)


def visit_of(request: Request) -> Visit | None:
    """The visit behind a request; None where no gate stands in front."""
    scope: Mapping[str, Any] = getattr(request._request, "scope", {})
    return scope.get(VISIT)
