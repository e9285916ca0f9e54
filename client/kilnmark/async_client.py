"""The client for an event loop (asyncio)."""

from __future__ import annotations

import ssl
from types import TracebackType

from kilnmark.awaiting import Awaiting
from kilnmark.nouns.platform import Platform
from kilnmark.retries import Retries
from kilnmark.settings import link_for


class AsyncClient(Platform[Awaiting]):
    """A Kilnmark platform; use it as an asynchronous context manager, or close it. It belongs to one event loop.

    Everything is as in kilnmark.client.Client: calls are awaited, lists and events are iterated with `async for`.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        profile: str | None = None,
        timeout: float = 30.0,
        retries: Retries | int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(link_for(url, token, profile=profile, timeout=timeout, retries=retries), Awaiting(tls))

    async def close(self) -> None:
        """Let go of all connections."""
        await self._way.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()
