"""The bytes of a piece, from the connection to its file: no view, no thread and no memory is held for them."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

from rest_framework.request import Request

from api.exchange import Message, Receive, Scope, header
from jobs.upload_piece import Piece

ANNOUNCED = "kilnmark.announced"  # in the ASGI scope: how long a body will be that has not been read
INTAKE = "kilnmark.intake"  # in the ASGI scope: first a list that the view puts the piece into, then the piece itself
PIECE_BYTES = 1 << 18
LEAST_BYTES = 1 << 16  # of a form, from which on it is worth a question before it is read
SILENT_FOR_S = 20.0  # a sender that says nothing for so long has gone: others may go on where it ended


async def take_in(piece: Piece, receive: Receive, writers: Executor, told: asyncio.Future[None] | None = None) -> None:
    """Write until the body ends, the sender goes away or falls silent, the piece takes no more, or we are `told`."""
    loop = asyncio.get_running_loop()
    more, whole = True, False
    while more and (message := await _next(receive, told)):
        if message["type"] != "http.request":
            break
        data, more = message.get("body", b""), message.get("more_body", False)
        if data and not await loop.run_in_executor(writers, piece.write, data):
            break
        whole = not more
    await loop.run_in_executor(writers, lambda: piece.end(whole=whole))


async def _next(receive: Receive, told: asyncio.Future[None] | None) -> Message | None:
    """The next message of the sender; None where none comes, or the server stops."""
    coming_ = asyncio.ensure_future(receive())
    try:
        await asyncio.wait(
            {coming_} | ({told} if told else set()), timeout=SILENT_FOR_S, return_when=asyncio.FIRST_COMPLETED
        )
        return coming_.result() if coming_.done() else None
    finally:
        coming_.cancel()


def coming(scope: Scope) -> int:
    """How many bytes a form of files will have at least; 0 for other bodies, and for one that is here as soon."""
    if not header(scope, b"content-type").lower().startswith("multipart/form-data"):
        return 0
    declared = header(scope, b"content-length")
    length = int(declared[:20]) if declared.isascii() and declared.isdecimal() else 1 + LEAST_BYTES
    return length if length > LEAST_BYTES else 0


def announced(request: Request) -> int:
    """What the gate says of a body that it has not read; 0 where the body is here."""
    return int(getattr(request._request, "scope", {}).get(ANNOUNCED, 0))
