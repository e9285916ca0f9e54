"""That the server was told to stop: whoever waits or listens is let go at once, so that clients come back elsewhere.

A server ends its lifespan only when all requests have ended, and a stream does not end by itself. So we hear the signal
beside it, as it comes.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Belongs to one event loop, the one that first asks."""

    def __init__(self) -> None:
        self._told: asyncio.Future[None] | None = None

    @property
    def told(self) -> asyncio.Future[None]:
        """Done once the server was told."""
        if self._told is None:
            self._told = asyncio.get_running_loop().create_future()
        return self._told

    def tell(self) -> None:
        """The server stops."""
        if not self.told.done():
            self.told.set_result(None)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear the signals that stop the server, which hears them too. Only a main thread may."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {one: found for one in SIGNALS if callable(found := signal.getsignal(one))}
        for one, server in before.items():  # where the server has no handler of its own, it ends on the spot
            signal.signal(one, self._both(loop, server))
        try:
            yield
        finally:
            for one, server in before.items():
                signal.signal(one, server)

    def _both(self, loop: asyncio.AbstractEventLoop, server: Callable[..., Any]) -> Callable[..., Any]:
        def hear(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.tell)
            server(number, frame)

        return hear
