"""The pieces of one HTTP exchange at the ASGI level: its name, its body counted, an answer kept, a client gone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from api.errors import MEDIA_TYPE, REQUEST_ID, completed

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]
NAME = REQUEST_ID.lower().encode()
OF_A_BODY = (b"content-length", b"content-type", b"transfer-encoding")


@dataclass
class Answer:
    """An answer that is kept instead of sent; it is small."""

    status: int = 0
    headers: Headers = ()
    body: bytearray = field(default_factory=bytearray)

    async def keep(self, message: Message) -> None:
        """Django's `send`."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            self.body += message.get("body", b"")

    async def pass_on(self, send: Send) -> None:
        """Send it after all."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": bytes(self.body)})

    def json(self) -> dict[str, Any]:
        """Its body; empty where it is no JSON object."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


def problem(status: int, code: str, detail: str, request_id: str, **more: Any) -> Answer:
    """An error that never reached Django, in the same form as all others."""
    body = json.dumps(completed(status, {"code": code, "detail": detail, **more}, request_id)).encode()
    headers = ((b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode()))
    return Answer(status, headers, bytearray(body))


def header(scope: Scope, name: bytes) -> str:
    """The value of a request header, "" where there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def without(scope: Scope, name: bytes) -> Scope:
    """The same request without a header; the very same where it has none."""
    kept = [one for one in scope["headers"] if one[0] != name]
    return scope if len(kept) == len(scope["headers"]) else scope | {"headers": kept}


def asking(scope: Scope, path: str, query: str = "") -> Scope:
    """A GET of another path by the same client."""
    headers = [(key, value) for key, value in scope["headers"] if key not in (*OF_A_BODY, b"accept")]
    place = {"path": path, "raw_path": path.encode(), "query_string": query.encode()}
    return scope | {"method": "GET", "headers": headers} | place


async def no_body() -> Message:
    """`receive` of a request without a body, whose client never goes away; a view always runs to its end."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def gone(receive: Receive) -> None:
    """Return when the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless_gone(
    work: Coroutine[Any, Any, Any], receive: Receive, told: asyncio.Future[None] | None = None
) -> bool:
    """Whether the work came to its end, or was `told` to, before the client went away, which ends it."""
    doing, leaving = asyncio.create_task(work), asyncio.create_task(gone(receive))
    try:
        await asyncio.wait((doing, leaving, *([told] if told else ())), return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
        return doing.done() or bool(told and told.done())
    finally:
        for task in (doing, leaving):
            task.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)
