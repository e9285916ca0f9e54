"""That the server was told to stop: whoever waits or listens is let go at once, so that clients come back elsewhere.

A server ends its lifespan only when all requests have ended, and a stream does not end by itself. So we hear the signal
beside it, as it comes.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """Belongs to one event loop, the one that first asks."""

    def __init__(self) -> None:
        self._told: asyncio.Future[None] | None = None
        self._before: dict[signal.Signals, Any] = {}

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

    def listen(self) -> None:
        """Hear the signals that stop the server, which hears them too. Only a main thread may."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for one in SIGNALS:
            before = signal.getsignal(one)
            if callable(before):  # the server's own handler; where it has none, it ends on the spot
                self._before[one] = before
                signal.signal(one, self._heard(loop, before))

    def _heard(self, loop: asyncio.AbstractEventLoop, before: Any) -> Any:
        def heard(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.tell)
            before(number, frame)

        return heard

    def deaf(self) -> None:
        """Leave the signals as they were found."""
        for one, before in self._before.items():
            signal.signal(one, before)
        self._before.clear()
