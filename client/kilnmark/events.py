"""Server-Sent Events: read in pieces, resumed after the last one that was seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kilnmark.answers.jobs import Event
from kilnmark.errors import NotUnderstood, plain
from kilnmark.link import Ask, Link
from kilnmark.plan import Broken, Close, Item, Line, Read, Rest, Series
from kilnmark.retries import Tries

MOST_BYTES = 16 << 20  # of one message
END = "end"


@dataclass(frozen=True)
class Message:
    """One message; `id` is its own, empty where it has none. One without `data` only tells how far it is."""

    id: str
    kind: str
    data: str


class Messages:
    """Bytes in, whole messages out (WHATWG HTML, section 9.2.6)."""

    def __init__(self) -> None:
        self.retry_s = 0.0
        self._rest, self._began = b"", False
        self._id, self._kind, self._data = "", "", list[str]()

    def feed(self, piece: bytes) -> Iterator[Message]:
        """The messages that end in this piece; NotUnderstood for one without end."""
        if not self._began and len(self._rest + piece) >= 3:
            self._began, piece, self._rest = True, (self._rest + piece).removeprefix(b"\xef\xbb\xbf"), b""
        whole = self._rest + piece
        held = whole[-1:] if whole.endswith(b"\r") else b""  # its line feed may come with the next piece
        lines = whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop() + held
        if len(self._rest) + sum(map(len, self._data)) > MOST_BYTES:
            raise NotUnderstood(f"A message has more than {MOST_BYTES} bytes.")
        for line in lines:
            if line:
                self._take(line.decode("utf-8", "replace"))
            elif message := self._whole():
                yield message

    def _take(self, line: str) -> None:
        name, _, said = line.partition(":")
        said = said.removeprefix(" ")
        if name == "data":
            self._data.append(said)
        elif name == "event":
            self._kind = said
        elif name == "id" and "\0" not in said:
            self._id = said
        elif name == "retry" and said.isascii() and said.isdecimal():
            self.retry_s = float(said[:6]) / 1000

    def _whole(self) -> Message | None:
        found = Message(self._id, self._kind or "message", "\n".join(self._data))
        self._id, self._kind, self._data = "", "", []
        return found if found.id or found.data else None


def events(link: Link, path: str, after: int | None, params: Mapping[str, Any]) -> Series[Event]:
    """Each event once, in order, over broken lines and restarts; ends when the platform says so.

    It is given up, with Unreachable, once nothing got through for `Retries.outage_s`. Events of type `progress` carry
    no id: of them the latest counts.
    """
    tries, hearing = link.tries(long=True), Hearing(after)
    while not hearing.ended:
        try:
            ask = Ask("GET", path, params, headers=hearing.headers(), silent_s=link.silence_s)
            line = yield from link.opened(ask)
            yield from link.unless_refused(ask, line)
            yield from _heard(line, hearing, tries)
        except Broken as broken:
            yield Rest(link.again(tries, broken))


@dataclass
class Hearing:
    """How far a listener has come."""

    last: int | None
    ended: bool = False

    def headers(self) -> dict[str, str]:
        """Of the request that goes on."""
        said = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        return said | ({} if self.last is None else {"Last-Event-ID": str(self.last)})

    def take(self, message: Message) -> Event | None:
        """The event that is told, if it is one that was not told before."""
        number = int(message.id) if message.id.isascii() and message.id.isdecimal() else None
        if number is not None:
            if self.last is not None and number <= self.last:
                return None
            self.last = number
        if message.kind == END:
            self.ended = True
        return event_of(message, number) if message.data and not self.ended else None


def _heard(line: Line, hearing: Hearing, tries: Tries) -> Series[Event]:
    """What one connection tells; raises Broken where it ends before the events do."""
    kind = line.headers.get("content-type", "")
    if line.status != 200 or not kind.startswith("text/event-stream"):
        yield Close(line)
        raise NotUnderstood(plain(f"Expected an event stream, got {line.status} with {kind or 'no type'}."))
    messages = Messages()
    while piece := (yield Read(line)):
        tries.begin()
        for message in messages.feed(piece):
            if (event := hearing.take(message)) is not None:
                yield Item(event)
            if hearing.ended:
                yield Close(line)
                return
    raise Broken("the stream ended early", after_s=min(messages.retry_s, tries.most_s))


def event_of(message: Message, number: int | None) -> Event:
    """The event that a message tells; NotUnderstood where it is no JSON object."""
    try:
        said = json.loads(message.data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise NotUnderstood("An event is no JSON object.")
    if "data" not in said:
        said = {"job": said.get("job"), "data": {name: value for name, value in said.items() if name != "job"}}
    return Event.of({**said, "id": number, "type": message.kind})
