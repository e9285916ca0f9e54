"""Connections to addresses that were checked: one look-up, every address judged, and one of just those is taken.

A name that says another address a moment later (DNS rebinding) changes nothing: the connection goes to the address
that was judged. TLS still asks for the certificate of the name, and `Host` still says it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import certifi
import httpcore

from webhooks.address import Network, is_allowed

LOOKUPS = 64  # threads, each for one look-up that may hang; made as they are needed
Resolve = Callable[[str, int], list[str]]


class NotPublic(Exception):
    """The name leads to an address that deliveries may not go to."""


class Unknown(Exception):
    """The name cannot be looked up."""


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses that the system knows of a host, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Checked(httpcore.AsyncNetworkBackend):
    """What httpcore connects with: NotPublic where one single address of the name is not allowed."""

    def __init__(self, allowed: Sequence[Network], resolve: Resolve = addresses_of) -> None:
        self.allowed, self.resolve = allowed, resolve
        self.network = httpcore.AnyIOBackend()
        self.lookups = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="webhook-name")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the addresses of the host, the first that answers."""
        failed: Exception = Unknown(host)
        for address in await self._checked(host, port):
            try:
                return await self.network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = await asyncio.get_running_loop().run_in_executor(self.lookups, self.resolve, host, port)
        except (OSError, UnicodeError) as error:
            raise Unknown(host) from error
        if any("%" in one or not is_allowed(ip_address(one), self.allowed) for one in found):
            raise NotPublic(host)
        return found

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise NotPublic(path)

    async def sleep(self, seconds: float) -> None:
        """As httpcore asks."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Wait for no look-up."""
        self.lookups.shutdown(wait=False, cancel_futures=True)


def pool(backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionPool:
    """A pool that keeps no connection: httpcore follows no redirects, knows no proxies and unpacks nothing."""
    return httpcore.AsyncConnectionPool(
        ssl_context=trusting(), max_connections=None, max_keepalive_connections=0, network_backend=backend
    )


def trusting() -> ssl.SSLContext:
    """Certificates by the authorities of certifi and those that this machine trusts besides."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    return context
