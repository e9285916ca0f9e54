"""What every call of a client goes through: address, token, tries, redirects, and answers read or refused."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from random import SystemRandom
from typing import Any
from urllib.parse import urlencode, urljoin

from kilnmark.address import Address, origin_of
from kilnmark.errors import ApiError, NotUnderstood, Unreachable, plain, refused
from kilnmark.plan import Broken, Close, Exchange, Form, Line, Open, Plan, Read, Rest
from kilnmark.retries import USUAL, Retries, Tries, retry_after
from kilnmark.secret import Secret

AGENT = "kilnmark-python/0.1.0"
MOST_BYTES = 64 << 20  # of an answer that is read as a whole
MOST_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)
LATER = (408, 502, 503, 504)  # nothing was decided
SAFE = ("GET", "HEAD", "PUT", "DELETE")  # repeating one changes nothing more (RFC 9110, section 9.2.2)
ELSEWHERE = ("accept", "accept-encoding", "range", "if-range", "user-agent")  # what another origin is told
PROMISED = ("x-content-sha256", "content-disposition")  # what the platform says of a file that lies elsewhere


@dataclass(frozen=True)
class Ask:
    """A request to the API; `silent_s` is how long the platform may say nothing, where that is not the usual time."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    form: Form | None = None
    silent_s: float | None = None
    safe: bool = False  # to be asked twice, though its method alone does not say so

    @property
    def repeatable(self) -> bool:
        """Whether asking twice does no more than asking once."""
        return self.safe or self.method in SAFE or "Idempotency-Key" in self.headers


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class Link:
    """A platform as one client sees it."""

    address: Address
    secret: Secret | None
    timeout_s: float = 30.0
    connect_s: float = 10.0
    retries: Retries = USUAL
    clock: Callable[[], float] = time.monotonic
    draw: Callable[[], float] = SystemRandom().random
    key: Callable[[], str] = lambda: str(uuid.uuid4())
    silence_s: float = 45.0  # of an event stream: three heartbeats of the platform

    def tries(self, *, long: bool = False) -> Tries:
        """A fresh count; `long` for what lasts as long as something gets through."""
        return Tries(self.retries, self.clock, self.draw, long=long)

    def exchange(self, ask: Ask, tries: Tries | None = None) -> Plan[Reply]:
        """A whole answer below 400, asked for again where that is safe; raises ApiError, Unreachable."""
        tries = tries or self.tries()
        ask = self.keyed(ask)
        doubtful = False  # an earlier try may have arrived
        while True:
            try:
                reply = yield from self.once(ask, tries.left_s())
            except Broken as broken:
                doubtful = doubtful or broken.sent
                yield Rest(self.again(tries, broken, repeatable=ask.repeatable))
                continue
            if reply.status < 400 or (doubtful and ask.method == "DELETE" and reply.status in (404, 410)):
                return self.unless_sent_away(reply)
            doubtful = doubtful or reply.status in LATER
            error = self.refusal(reply)
            asked_s = self.later(reply, error, ask)
            again_s = None if asked_s is None else tries.again_in(asked_s)
            if again_s is None:
                raise error
            yield Rest(again_s)

    def again(self, tries: Tries, broken: Broken, *, repeatable: bool = True) -> float:
        """Seconds until the next try after a broken one; raises Unreachable where there is to be none."""
        in_vain = broken.lasting or (broken.sent and not repeatable)
        again_s = None if in_vain else tries.again_in(broken.after_s)
        if again_s is None:
            tried = f" (tried {tries.made} times)" if tries.made > 1 else ""
            raise Unreachable(self.hidden(f"{self.address.base} does not answer: {broken}{tried}")) from None
        return again_s

    def unless_refused(self, ask: Ask, line: Line) -> Plan[None]:
        """Go on where a Line is below 400; raises Broken where it says not now, else ApiError."""
        if line.status < 400:
            return
        content = yield from self.rest_of(line, self.clock() + self.timeout_s)
        reply = Reply(line.status, line.headers, content)
        error = self.refusal(reply)
        if (asked_s := self.later(reply, error, ask)) is None:
            raise error
        raise Broken(str(error), sent=False, after_s=asked_s)

    def unless_sent_away(self, reply: Reply) -> Reply:
        """The answer; NotUnderstood for one that sends us elsewhere, which only GET and HEAD follow."""
        if 300 <= reply.status < 400:
            place = plain(reply.headers.get("location", "nowhere")).partition("?")[0]
            raise NotUnderstood(f"{self.address.base} sends us elsewhere ({reply.status}): {place}")
        return reply

    def keyed(self, ask: Ask) -> Ask:
        """With an Idempotency-Key, where it is a POST: it stays the same over all tries."""
        if ask.method != "POST" or "Idempotency-Key" in ask.headers:
            return ask
        return Ask(**{**vars(ask), "headers": {**ask.headers, "Idempotency-Key": self.key()}})

    def later(self, reply: Reply, error: ApiError, ask: Ask) -> float | None:
        """Seconds to wait at least before the same is asked again; None where that is in vain or not safe."""
        asked_s = error.retry_after_s
        if reply.status == 429:  # refused before anything was done
            return asked_s
        if reply.status == 409 and error.code == "idempotency_in_progress":
            return asked_s or 0.0
        return (asked_s or 0.0) if reply.status in LATER and ask.repeatable else None

    def once(self, ask: Ask, within_s: float) -> Plan[Reply]:
        """One try, its body read as a whole; raises Broken."""
        began = self.clock()
        line = yield from self.opened(ask, within_s)
        content = yield from self.rest_of(line, began + max(within_s, 1.0) + (ask.silent_s or 0.0))
        return Reply(line.status, line.headers, content)

    def heard(self, ask: Ask) -> Plan[Reply]:
        """One try of something long: raises Broken where it is to be tried again, ApiError where that is in vain."""
        line = yield from self.opened(ask)
        yield from self.unless_refused(ask, line)
        content = yield from self.rest_of(line, self.clock() + (ask.silent_s or self.timeout_s))
        return Reply(line.status, line.headers, content)

    def rest_of(self, line: Line, until: float) -> Plan[bytes]:
        """What is left of a body; raises Broken once time is up, NotUnderstood for one without end."""
        content = bytearray()
        while piece := (yield Read(line)):
            content += piece
            if len(content) > MOST_BYTES:
                raise NotUnderstood(f"The answer has more than {MOST_BYTES} bytes.")
            if self.clock() > until:
                yield Close(line)
                raise Broken("the answer does not end", sent=True)
        yield Close(line)
        return bytes(content)

    def opened(self, ask: Ask, within_s: float | None = None) -> Plan[Line]:
        """The beginning of an answer. Redirects are followed for GET and HEAD; another origin never sees the token."""
        exchange, promised = self.wire(ask, within_s), dict[str, str]()
        for _ in range(MOST_REDIRECTS + 1):
            line: Line = yield Open(exchange)
            place = line.headers.get("location")
            if line.status not in REDIRECTS or not place or ask.method not in ("GET", "HEAD"):
                return Line(line.status, {**line.headers, **promised}, line.source)
            yield Close(line)
            if origin_of(exchange.url) == self.address.origin:
                promised |= {name: line.headers[name] for name in PROMISED if name in line.headers}
            exchange = self._elsewhere(exchange, place)
        raise NotUnderstood("It sends us in circles.")

    def wire(self, ask: Ask, within_s: float | None = None) -> Exchange:
        """The request with its token, as it is sent."""
        url = self.address.url(ask.path)
        if words := [(name, said) for name, said in ask.params.items() if said is not None]:
            url += "?" + urlencode([(name, one) for name, said in words for one in _texts(said)])
        headers = {"user-agent": AGENT, "accept": "application/json"}
        headers |= {name.lower(): said for name, said in ask.headers.items()}
        content = ask.content
        if ask.body is not None:
            content = json.dumps(ask.body, default=str).encode()
            headers["content-type"] = "application/json"
        if ask.form:
            headers["content-type"] = f"multipart/form-data; boundary={ask.form.boundary}"
        if self.secret and "authorization" not in headers:
            headers["authorization"] = f"Bearer {self.secret.reveal()}"
        usual_s = self.timeout_s if within_s is None else min(self.timeout_s, max(1.0, within_s))
        silent_s = usual_s if ask.silent_s is None else ask.silent_s
        return Exchange(ask.method, url, headers, content, ask.form, silent_s, min(self.connect_s, silent_s))

    def _elsewhere(self, exchange: Exchange, place: str) -> Exchange:
        """The same at another address; raises NotUnderstood for one without encryption after one with it."""
        try:
            url = urljoin(exchange.url, place)
            origin = origin_of(url)
        except ValueError:
            raise NotUnderstood("It sends us to an address that is none.") from None
        if exchange.url.startswith("https:") and origin[0] == "http":
            raise NotUnderstood("It sends us from https to http.")
        headers = exchange.headers
        if origin != self.address.origin:
            headers = {name: said for name, said in headers.items() if name in ELSEWHERE}
        return Exchange(exchange.method, url, headers, silent_s=exchange.silent_s)

    def refusal(self, reply: Reply) -> ApiError:
        """What an answer of 400 and more says; one that is no problem+json keeps its status."""
        try:
            said = json.loads(self.hidden(reply.content.decode("utf-8", "replace")))
        except ValueError:
            said = None
        if not isinstance(said, dict):
            said = {"detail": f"{self.address.base} answers {reply.status} without saying why."}
        return refused(reply.status, said, retry_after(reply.headers, datetime.now(timezone.utc)))

    def hidden(self, text: str) -> str:
        """A text without the token."""
        return self.secret.hidden(text) if self.secret else text

    def json(self, ask: Ask, tries: Tries | None = None) -> Plan[tuple[Any, Mapping[str, str]]]:
        """The body of an answer and its headers; None for an empty one. Raises NotUnderstood for what is no JSON."""
        reply = yield from self.exchange(ask, tries)
        return self.read(reply), reply.headers

    def read(self, reply: Reply) -> Any:
        """JSON, or NotUnderstood."""
        if not self.unless_sent_away(reply).content:
            return None
        try:
            return json.loads(reply.content)
        except (ValueError, RecursionError):
            kind = plain(reply.headers.get("content-type", "no type"))
            says = (
                f"{self.address.base} answers {reply.status} with {kind} where JSON was expected: is this the address?"
            )
            raise NotUnderstood(says) from None


def _texts(said: Any) -> list[str]:
    """A value of a query, as texts."""
    if isinstance(said, (list, tuple, set, frozenset)):
        return [text for one in said for text in _texts(one)]
    if isinstance(said, bool):
        return ["true" if said else "false"]
    if isinstance(said, datetime):
        return [said.isoformat()]
    return [str(getattr(said, "id", said))]
