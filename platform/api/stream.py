"""What happens in a job or a project as Server-Sent Events: an async loop that holds no thread and no connection."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncGenerator, Iterable, Iterator
from urllib.parse import parse_qs, urlencode
from uuid import UUID

from api.exchange import Answer, Scope, problem
from api.listeners import FROM_NOW, PROGRESS, Listener, message
from api.lookout import Lookout

HEARTBEAT_S = 15.0
DEFAULT_TYPES = frozenset({"state", "progress"})  # of a project
FIRST_S = 1.0  # until the first one: it carries the place from which a client goes on
AGAIN_MS = (1000, 4000)  # a client that lost its stream comes back after some time between: not all of them at once
PIECE_BYTES = 1 << 14
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)
END = b"event: end\ndata: {}\n\n"
STILL = b": still here\n\n"
PLACE = re.compile(r"[0-9]{1,18}")


async def stream(lookout: Lookout, listener: Listener, heartbeat_s: float = HEARTBEAT_S) -> AsyncGenerator[bytes, None]:
    """Everything after event `listener.seen`, until the job has ended; a comment line when nothing happens for long.

    Events carry their id, for `Last-Event-ID` after a broken line; progress has none: only the latest counts. A comment
    comes with the place that was reached, which moves on where other jobs have events.
    """
    yield f"retry: {random.randint(*AGAIN_MS)}\n\n".encode()  # noqa: S311 - no secret
    wait_s = min(heartbeat_s, FIRST_S)
    while True:
        news = await lookout.news(listener, wait_s)
        wait_s = heartbeat_s
        if news is None:
            place = f"id: {listener.seen}\n" if listener.seen >= 0 else ""
            yield place.encode() + STILL
            continue
        for job, progress in news.progress.items():
            yield message("progress", {"job": job} | dict(zip(PROGRESS, progress, strict=False)))
        for piece in joined(news.events):
            yield piece
        if news.ended:
            yield END
            return


def joined(events: Iterable[bytes], most: int = PIECE_BYTES) -> Iterator[bytes]:
    """The same bytes in fewer pieces: each costs a turn of the loop, for every reader."""
    piece = bytearray()
    for event in events:
        piece += event
        if len(piece) >= most:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def first_page(scope: Scope, place: str) -> str:
    """The query of the page that a listener must be able to read; `place` is where it goes on."""
    words = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return urlencode(words | ({"after": [place]} if place else {}) | {"limit": ["1"]}, doseq=True)


def listener_for(of: str, id_: UUID, page: Scope) -> Listener:
    """Who listens to the events of a job or a project, as that page says it; its words were checked with it."""
    words = parse_qs(page["query_string"].decode("latin-1"))
    types = frozenset(one for name in ("types", "type") for said in words.get(name, ()) for one in said.split(","))
    after = words.get("after")
    if of == "jobs":
        return Listener(job=id_, types=types, seen=int(after[-1]) if after else 0)
    return Listener(project=id_, types=types or DEFAULT_TYPES, seen=int(after[-1]) if after else FROM_NOW)


def bad_place(got: str, request_id: str) -> Answer:
    """400."""
    said = {"field": "Last-Event-ID", "expected": "the id of an event", "got": got[:100]}
    return problem(400, "malformed", "The header names no event.", request_id, **said)
