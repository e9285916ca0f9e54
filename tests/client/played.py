"""Plans of the client played without any network: answers are said beforehand, and what was sent is kept."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import Any

from kilnmark.address import Address
from kilnmark.link import Link
from kilnmark.plan import Broken, Close, Done, Exchange, Item, Line, Open, Read, Rest, advance
from kilnmark.retries import Retries
from kilnmark.secret import Secret

TOKEN = "km_sesame0123456789"


def said(status: int, body: Any = b"", **headers: str) -> tuple[int, dict[str, str], list[bytes]]:
    """An answer; a list of bytes are its pieces, an exception among them breaks the line."""
    pieces = body if isinstance(body, list) else [body if isinstance(body, bytes) else json.dumps(body).encode()]
    return status, {name.replace("_", "-").lower(): value for name, value in headers.items()}, pieces


def problem(status: int, code: str = "some_code", **headers: str) -> tuple[int, dict[str, str], list[bytes]]:
    """A refusal."""
    return said(status, {"status": status, "code": code, "detail": "No."}, **headers)


class Stage:
    """Plays a plan: `answers` come one after the other; time passes only in rests, and in `slow_s` for each answer."""

    def __init__(self, *answers: Any, slow_s: float = 0.0) -> None:
        self.answers, self.slow_s = list(answers), slow_s
        self.sent: list[Exchange] = []
        self.rests: list[float] = []
        self.items: list[Any] = []
        self.closed = 0
        self.now = 1000.0

    def link(self, retries: Retries | None = None, url: str = "https://kiln.example", **more: Any) -> Link:
        """A link whose clock is this stage's, and which always draws the longest wait."""
        keys = iter(f"key-{number}" for number in range(1, 100))
        known: dict[str, Any] = {"clock": lambda: self.now, "draw": lambda: 1.0, "key": lambda: next(keys)}
        return Link(Address.of(url), Secret(TOKEN), retries=retries or Retries(), **{**known, **more})

    def play(self, plan: Generator[Any, Any, Any]) -> Any:
        """What the plan returns."""
        step = advance(plan)
        while not isinstance(step, Done):
            if isinstance(step, Item):
                self.items.append(step.value)
                step = advance(plan)
                continue
            try:
                outcome = self._do(step)
            except Exception as error:
                step = advance(plan, error=error)
            else:
                step = advance(plan, outcome)
        return step.value

    def _do(self, step: Any) -> Any:
        if isinstance(step, Open):
            return self._open(step.exchange)
        if isinstance(step, Read):
            piece = step.line.source.pop(0) if step.line.source else b""
            if isinstance(piece, Exception):
                raise piece
            return piece
        if isinstance(step, Rest):
            self.rests.append(step.seconds)
            self.now += step.seconds
            return None
        if isinstance(step, Close):
            self.closed += 1
            return None
        return step.function()

    def _open(self, exchange: Exchange) -> Line:
        self.sent.append(exchange)
        self.now += self.slow_s
        assert self.answers, f"nobody expected {exchange.method} {exchange.url}"
        answer = self.answers.pop(0)
        if callable(answer):
            answer = answer(exchange)
        if isinstance(answer, Exception):
            raise answer
        status, headers, pieces = answer
        return Line(status, headers, list(pieces))


REFUSED = Broken("connection refused", sent=False)
CUT = Broken("the connection was closed", sent=True)


def header(exchange: Exchange, name: str) -> str | None:
    """One header of what was sent."""
    found: Mapping[str, str] = exchange.headers
    return found.get(name.lower())
