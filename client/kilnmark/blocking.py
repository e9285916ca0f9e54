"""Runs plans and blocks meanwhile."""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator, Iterator
from typing import Any

import httpx

from kilnmark.plan import Close, Done, Exchange, Item, Line, Open, Plan, Read, Rest, Series, Step, T, advance
from kilnmark.wire import Body, broken, options


class Blocking:
    """A pool of connections; may be shared by threads."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._http = httpx.Client(**options(tls))

    def run(self, plan: Plan[T]) -> T:
        """What the plan returns."""
        opened: list[_Source] = []
        try:
            step = advance(plan)
            while not isinstance(step, Done):
                step = advance(plan, *self._outcome(step, opened))
            value: T = step.value
            return value
        finally:
            _leave(plan, opened)

    def iterate(self, series: Series[T]) -> Generator[T, None, None]:
        """What the series gives, one by one."""
        opened: list[_Source] = []
        try:
            step = advance(series)
            while not isinstance(step, Done):
                if isinstance(step, Item):
                    yield step.value
                    step = advance(series)
                else:
                    step = advance(series, *self._outcome(step, opened))
        finally:
            _leave(series, opened)

    def close(self) -> None:
        """Let go of all connections."""
        self._http.close()

    def _outcome(self, step: Step, opened: list[_Source]) -> tuple[Any, Exception | None]:
        try:
            return self._do(step, opened), None
        except Exception as error:
            return None, error

    def _do(self, step: Step, opened: list[_Source]) -> Any:
        if isinstance(step, Read):
            with broken(sent=True):
                return step.line.source.read(raw=step.raw)
        if isinstance(step, Open):
            return self._open(step.exchange, opened)
        if isinstance(step, Close):
            return step.line.source.close()
        if isinstance(step, Rest):
            return time.sleep(step.seconds)
        return step.function()

    def _open(self, exchange: Exchange, opened: list[_Source]) -> Line:
        with broken(), Body(exchange) as body:
            answer = self._http.send(body.request(self._http), stream=True)
        source = _Source(answer)
        opened[:] = [*(one for one in opened if not one.closed), source]
        return Line(answer.status_code, {name.lower(): said for name, said in answer.headers.items()}, source)


def _leave(plan: Generator[Any, Any, Any], opened: list[_Source]) -> None:
    """However it ended: nothing of it stays open."""
    for source in opened:
        source.close()
    plan.close()


class _Source:
    """The body of an answer."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self._pieces: Iterator[bytes] | None = None

    def read(self, *, raw: bool) -> bytes:
        """The next bytes that are any."""
        if self._pieces is None:
            self._pieces = self._answer.iter_raw() if raw else self._answer.iter_bytes()
        return next(filter(None, self._pieces), b"")

    @property
    def closed(self) -> bool:
        """Whether its connection is free again, or gone."""
        return self._answer.is_closed

    def close(self) -> None:
        """Twice changes nothing."""
        self._answer.close()
