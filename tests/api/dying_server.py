"""The web process, which a request can have killed: before what it wrote is committed, or before it is answered."""

from __future__ import annotations

import os
import signal
from typing import Any

from config.asgi import application as gate

DIES = b"x-dies"


def die(*args: Any) -> None:
    """As power cuts and the kernel do it: at once, and nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The whole application; the header X-Dies says when."""
    from api import idempotency  # models can be read only once Django is set up

    when = dict(scope.get("headers", ())).get(DIES)

    async def sending(message: dict[str, Any]) -> None:
        if when == b"before the answer" and message["type"] == "http.response.start":
            die()
        await send(message)

    if when == b"before the commit":
        idempotency._keep = die  # type: ignore[assignment]
    await gate(scope, receive, sending)
