"""One try: a POST that is signed, bounded in time and in what is read of the answer, and what came of it."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import httpcore

from models_store.errors import InvalidInput
from webhooks.address import Network, target_of
from webhooks.connection import NotPublic, Unknown
from webhooks.models import Fault
from webhooks.secret import signatures

log = logging.getLogger(__name__)
WITHIN_S = 15.0  # for all of it: name, connection, TLS, answer
CONNECT_S = 5.0
ANSWER_BYTES = 4096
USER_AGENT = b"Kilnmark-Webhooks/1"


@dataclass(frozen=True)
class Parcel:
    """What is sent, where, and signed with which secrets; `lease` is who sends it."""

    delivery: UUID
    lease: UUID
    message: str
    url: str
    body: bytes
    secrets: tuple[str, ...]
    failing: bool = False  # whether its endpoint did not answer last time


@dataclass(frozen=True)
class Outcome:
    """What came of a try. `fault` is "" where it was delivered; `answer` is text of at most 4 kB."""

    fault: str
    ms: int
    status: int | None = None
    answer: str = ""
    retry_after_s: int = 0


async def post(parcel: Parcel, pool: httpcore.AsyncConnectionPool, allowed: Sequence[Network], at_s: int) -> Outcome:
    """Send it; whatever goes wrong is an outcome. `at_s` (Unix seconds) goes out as `webhook-timestamp`."""
    begun = time.monotonic()
    status, answer, wait_s = None, "", 0
    try:
        async with asyncio.timeout(WITHIN_S):
            status, answer, wait_s = await _exchange(parcel, pool, allowed, at_s)
        fault = "" if 200 <= status < 300 else Fault.REDIRECT if 300 <= status < 400 else Fault.STATUS
    except (TimeoutError, httpcore.TimeoutException):
        fault = Fault.TIMEOUT
    except Exception as error:
        fault = named(error)
    return Outcome(fault, int((time.monotonic() - begun) * 1000), status, answer, wait_s)


def named(error: Exception) -> Fault:
    """The word for what went wrong."""
    if isinstance(error, NotPublic | InvalidInput):
        return Fault.NOT_PUBLIC
    if isinstance(error, Unknown):
        return Fault.UNKNOWN_HOST
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return Fault.CERTIFICATE
    if isinstance(error, httpcore.ConnectError):
        return Fault.NOT_REACHED
    if isinstance(error, httpcore.NetworkError | httpcore.ProtocolError):
        return Fault.BROKEN_OFF
    log.error("a webhook delivery failed in a way that nobody expected", exc_info=error)
    return Fault.UNEXPECTED


async def _exchange(
    parcel: Parcel, pool: httpcore.AsyncConnectionPool, allowed: Sequence[Network], at_s: int
) -> tuple[int, str, int]:
    to = target_of(parcel.url, allowed)
    signature = signatures(list(parcel.secrets), parcel.message, at_s, parcel.body)
    headers = [
        (b"Host", to.authority.encode()),
        (b"Content-Type", b"application/json"),
        (b"Content-Length", str(len(parcel.body)).encode()),
        (b"User-Agent", USER_AGENT),
        (b"Accept-Encoding", b"identity"),
        (b"Connection", b"close"),
        (b"webhook-id", parcel.message.encode()),
        (b"webhook-timestamp", str(at_s).encode()),
        (b"webhook-signature", signature.encode()),
    ]
    url = httpcore.URL(scheme=to.scheme.encode(), host=to.host.encode(), port=to.port, target=to.path.encode())
    limits = {"timeout": {"connect": CONNECT_S, "read": WITHIN_S, "write": WITHIN_S, "pool": WITHIN_S}}
    async with pool.stream("POST", url, headers=headers, content=parcel.body, extensions=limits) as response:
        said = {name.lower(): value for name, value in response.headers}
        return response.status, await _read(response, said), _seconds(said.get(b"retry-after", b""))


async def _read(response: httpcore.Response, said: dict[bytes, bytes]) -> str:
    """The beginning of the answer, as text; one that is packed is left alone."""
    if said.get(b"content-encoding", b"identity").lower() != b"identity":
        return ""
    taken = bytearray()
    try:
        async for piece in response.aiter_stream():
            taken += piece[: ANSWER_BYTES - len(taken)]
            if len(taken) >= ANSWER_BYTES:
                break
    except (httpcore.NetworkError, httpcore.ProtocolError):
        pass  # the status came: what was to follow matters to nobody
    return bytes(taken).decode("utf-8", "replace").replace("\0", "\ufffd")


def _seconds(said: bytes) -> int:
    """Seconds of `Retry-After`; 0 for a date, which few send."""
    return min(int(said[:7]), 86_400) if said.isdigit() else 0
