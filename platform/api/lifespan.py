"""What a web process does beside requests: it writes counts of reads, carries webhooks out, and sweeps."""

from __future__ import annotations

from asyncio import gather, to_thread

from django.conf import settings

from api.exchange import Receive, Send
from api.sweeper import Sweeper
from audit.tally import Writer, tally
from webhooks.courier import Courier


async def lifespan(receive: Receive, send: Send) -> None:
    """The server's lifespan protocol, as ASGI 3 has it."""
    await receive()
    writer, courier, sweeper = Writer(tally), Courier(settings.WEBHOOKS_PRIVATE), Sweeper()
    for one in (writer, courier, sweeper):
        one.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await gather(to_thread(courier.stop), to_thread(writer.stop), to_thread(sweeper.stop))
    await send({"type": "lifespan.shutdown.complete"})
