"""What a call wants done, step by step, without doing it: generators that a blocking or an awaiting driver runs.

So there is one implementation of every call: what is sent, what is tried again and how answers are read stands here and
in its neighbours; kilnmark/blocking.py and kilnmark/awaiting.py only carry bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Form:
    """A multipart body: texts, and one file that is streamed from the disk. Each try sends the same bytes."""

    boundary: str
    texts: Mapping[str, str]
    path: Path
    name: str


@dataclass(frozen=True)
class Exchange:
    """A request with everything but the connection; `silent_s` is how long the other side may say nothing."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)  # the token is among them
    content: bytes | None = field(default=None, repr=False)
    form: Form | None = None
    silent_s: float = 30.0
    connect_s: float = 10.0


@dataclass
class Line:
    """An answer whose body has not been read; header names are lower case. `source` is the driver's."""

    status: int
    headers: Mapping[str, str]
    source: Any = field(repr=False)


@dataclass(frozen=True)
class Open:
    """Send, and give the Line; raises Broken."""

    exchange: Exchange


@dataclass(frozen=True)
class Read:
    """Give the next bytes of a body, b"" at its end; raises Broken. `raw` leaves a content coding as it is."""

    line: Line
    raw: bool = False


@dataclass(frozen=True)
class Close:
    """Read no further."""

    line: Line


@dataclass(frozen=True)
class Rest:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """Give what the function returns: files are read and written in it, beside an event loop."""

    function: Callable[[], Any]


@dataclass(frozen=True)
class Item(Generic[T]):
    """One thing for whoever iterates."""

    value: T


Step = Open | Read | Close | Rest | Work
Plan = Generator[Step, Any, T]
Series = Generator[Step | Item[T], Any, None]


def work(function: Callable[[], T]) -> Plan[T]:
    """What the function returns, as part of a plan."""
    said: T = yield Work(function)
    return said


@dataclass(frozen=True)
class Done(Generic[T]):
    """The plan has ended with this."""

    value: T


def advance(plan: Generator[Any, Any, T], said: Any = None, error: Exception | None = None) -> Any:
    """The next step after the last one gave `said` or `error`; Done at the end."""
    try:
        return plan.send(said) if error is None else plan.throw(error)
    except StopIteration as end:
        return Done(end.value)


class Broken(Exception):
    """The connection did not come to be, or broke. `sent` says whether the request may have arrived.

    `lasting`: trying again is in vain, as with a certificate that does not hold; `after_s`: not before so many seconds.
    """

    def __init__(self, says: str, *, sent: bool = True, lasting: bool = False, after_s: float = 0.0) -> None:
        super().__init__(says)
        self.sent, self.lasting, self.after_s = sent, lasting, after_s
