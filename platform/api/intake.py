"""The bytes of a piece, from the connection to its file: no view, no thread and no memory is held for them."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor

from api.exchange import Receive
from jobs.upload_piece import Piece

INTAKE = "kilnmark.intake"  # in the ASGI scope: first a list that the view puts the piece into, then the piece itself
PIECE_BYTES = 1 << 18
SILENT_FOR_S = 20.0  # a sender that says nothing for so long has gone: others may go on where it ended


async def take_in(piece: Piece, receive: Receive, writers: Executor) -> None:
    """Write until the body ends, the sender goes away or falls silent, or the piece takes no more."""
    loop = asyncio.get_running_loop()
    more, whole = True, False
    while more:
        try:
            message = await asyncio.wait_for(receive(), SILENT_FOR_S)
        except TimeoutError:
            break
        if message["type"] != "http.request":
            break
        data, more = message.get("body", b""), message.get("more_body", False)
        if data and not await loop.run_in_executor(writers, piece.write, data):
            break
        whole = not more
    await loop.run_in_executor(writers, lambda: piece.end(whole=whole))
