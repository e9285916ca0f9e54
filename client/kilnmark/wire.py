"""What both drivers have in common: the pool's settings, bodies, and what became of a connection in words."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any

import httpx

from kilnmark.plan import Broken, Exchange

MOST_CONNECTIONS, MOST_IDLE = 20, 10
IDLE_S = 4.0  # below the 5 s after which uvicorn closes an idle connection, so that no request meets its end
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
OURS = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def options(tls: ssl.SSLContext | None) -> dict[str, Any]:
    """Of an httpx client: it follows no redirect by itself and keeps no cookie that could name somebody."""
    limits = httpx.Limits(
        max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_IDLE, keepalive_expiry=IDLE_S
    )
    return {"follow_redirects": False, "limits": limits, "verify": tls or True, "headers": {}}


class Body:
    """An exchange as httpx sends it; its file is open for as long as the block lasts."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.open = ExitStack()

    def request(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """Built anew for each try, with the same bytes."""
        said = self.exchange
        body: dict[str, Any] = {"content": said.content}
        if form := said.form:
            file = self.open.enter_context(form.path.open("rb"))
            body = {"data": dict(form.texts), "files": {"file": (form.name, file)}}
        timeout = httpx.Timeout(said.silent_s, connect=min(said.connect_s, said.silent_s))
        http.cookies.clear()  # what something in between said of itself is not said again
        return http.build_request(said.method, said.url, headers=dict(said.headers), timeout=timeout, **body)

    def __enter__(self) -> Body:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.open.close()


@contextmanager
def broken(*, sent: bool | None = None) -> Iterator[None]:
    """Turns what httpx raises into Broken, which holds neither request nor token."""
    try:
        yield
    except OURS:
        raise
    except (httpx.InvalidURL, UnicodeError):
        raise Broken("this is no address", sent=False, lasting=True) from None
    except httpx.TimeoutException as late:
        raise Broken(f"no answer in time ({type(late).__name__})", sent=_sent(late, sent)) from None
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as fault:
        says = str(fault) or type(fault).__name__
        raise Broken(says, sent=_sent(fault, sent), lasting="CERTIFICATE_VERIFY_FAILED" in says) from None


def _sent(fault: Exception, sent: bool | None) -> bool:
    return not isinstance(fault, NOT_SENT) if sent is None else sent
