"""Runs plans in an event loop (asyncio)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from typing import Any

import httpx

from kilnmark.plan import Close, Done, Exchange, Item, Line, Open, Plan, Read, Rest, Series, Step, T, advance
from kilnmark.wire import Body, broken, options


class Awaiting:
    """A pool of connections of one event loop."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._http = httpx.AsyncClient(**options(tls))

    async def run(self, plan: Plan[T]) -> T:
        """What the plan returns."""
        opened: list[_Source] = []
        try:
            step = advance(plan)
            while not isinstance(step, Done):
                step = advance(plan, *await self._outcome(step, opened))
            value: T = step.value
            return value
        finally:
            await _leave(plan, opened)

    async def iterate(self, series: Series[T]) -> AsyncGenerator[T, None]:
        """What the series gives, one by one."""
        opened: list[_Source] = []
        try:
            step = advance(series)
            while not isinstance(step, Done):
                if isinstance(step, Item):
                    yield step.value
                    step = advance(series)
                else:
                    step = advance(series, *await self._outcome(step, opened))
        finally:
            await _leave(series, opened)

    async def close(self) -> None:
        """Let go of all connections."""
        await self._http.aclose()

    async def _outcome(self, step: Step, opened: list[_Source]) -> tuple[Any, Exception | None]:
        try:
            return await self._do(step, opened), None
        except Exception as error:
            return None, error

    async def _do(self, step: Step, opened: list[_Source]) -> Any:
        if isinstance(step, Read):
            with broken(sent=True):
                return await step.line.source.read(raw=step.raw)
        if isinstance(step, Open):
            return await self._open(step.exchange, opened)
        if isinstance(step, Close):
            return await step.line.source.close()
        if isinstance(step, Rest):
            return await asyncio.sleep(step.seconds)
        return await asyncio.to_thread(step.function)

    async def _open(self, exchange: Exchange, opened: list[_Source]) -> Line:
        with broken(), Body(exchange) as body:
            answer = await self._http.send(body.request(self._http), stream=True)
        source = _Source(answer)
        opened[:] = [*(one for one in opened if not one.closed), source]
        return Line(answer.status_code, {name.lower(): said for name, said in answer.headers.items()}, source)


async def _leave(plan: Generator[Any, Any, Any], opened: list[_Source]) -> None:
    """However it ended: nothing of it stays open."""
    try:
        for source in opened:
            await source.close()
    finally:
        plan.close()


class _Source:
    """The body of an answer."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self._pieces: AsyncIterator[bytes] | None = None

    async def read(self, *, raw: bool) -> bytes:
        """The next bytes that are any."""
        if self._pieces is None:
            self._pieces = self._answer.aiter_raw() if raw else self._answer.aiter_bytes()
        async for piece in self._pieces:
            if piece:
                return piece
        return b""

    @property
    def closed(self) -> bool:
        """Whether its connection is free again, or gone."""
        return self._answer.is_closed

    async def close(self) -> None:
        """Twice changes nothing."""
        await self._answer.aclose()
