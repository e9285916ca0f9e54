"""What a web process does beside requests: it writes counts of reads every few seconds, the last ones as it ends."""

from __future__ import annotations

from asyncio import to_thread

from api.exchange import Receive, Send
from audit.tally import Writer, tally


async def lifespan(receive: Receive, send: Send) -> None:
    """The server's lifespan protocol, as ASGI 3 has it."""
    await receive()
    writer = Writer(tally)
    writer.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await to_thread(writer.stop)
    await send({"type": "lifespan.shutdown.complete"})
