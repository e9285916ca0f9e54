"""Where deliveries may go: URLs that can be read in one way only, and addresses that belong to the public internet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from models_store.errors import InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
LONGEST = 2000
PORTS = {"http": 80, "https": 443}
LOWEST_FREE_PORT = 1024  # below it only 80 and 443: no mail servers, no remote shells
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?")
_PRINTABLE = re.compile(r"[!-~]+")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291 section 2.5.5.1
_NOT_PUBLIC = (  # what older versions of Python take for public
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)


@dataclass(frozen=True)
class Target:
    """A URL taken apart once; what is sent is put together from these parts and never read again."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: Any, allowed: Sequence[Network] = ()) -> Target:
    """The parts of a URL that deliveries may go to; InvalidInput says what is wrong with it.

    Names are looked up when something is sent, not here. Plain http and low ports are for networks that the setting
    `KILNMARK_WEBHOOKS_PRIVATE` names.
    """
    if not isinstance(url, str) or not 0 < len(url) <= LONGEST or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _wrong(f"an https URL of at most {LONGEST} printable ASCII characters", url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong("an https URL", url) from None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    if scheme != "https" and not (scheme == "http" and allowed):
        raise _wrong("an https URL", url)
    if "@" in parts.netloc or "#" in url:
        raise _wrong("an https URL without a user, a password or a fragment", url)
    port = PORTS[scheme] if port is None else port
    if (not allowed and port not in PORTS.values() and not LOWEST_FREE_PORT <= port <= 65535) or port == 0:
        raise _wrong(f"port 443 or one from {LOWEST_FREE_PORT} on", port)
    checked_host(host, allowed, url)
    return Target(scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def checked_host(host: str, allowed: Sequence[Network], url: str) -> None:
    """Refuse a host that is no name and no plain address, and an address that is not public."""
    literal = _literal(host)
    if literal is not None:
        if not is_allowed(literal, allowed):
            raise _wrong("a public address", host)
    elif not _NAME.fullmatch(host) or len(host) > 253 or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        raise _wrong("a host by its name (punycode where it is not ASCII) or by its plain IP address", host)


def is_allowed(address: Address, allowed: Sequence[Network] = ()) -> bool:
    """Whether one may connect there: a public address, or one in a network that the setting names."""
    return all(_public(one) or any(one in network for network in allowed) for one in _meant(address))


def _meant(address: Address) -> list[Address]:
    """The address, or the IPv4 ones that it stands for: mapped, compatible, NAT64, 6to4, Teredo (all must be fine)."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    low = IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64:
        return [low]
    if address in _COMPATIBLE and int(address) > 1:  # :: and ::1 are themselves
        return [low, address]
    if address.sixtofour:
        return [address.sixtofour, address]
    return [*(address.teredo or ()), address]


def _public(address: Address) -> bool:
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return isinstance(address, IPv4Address) or address in _GLOBAL_UNICAST


def _literal(host: str) -> Address | None:
    if "%" in host:  # a zone is a door to link-local addresses
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def _wrong(expected: str, got: Any) -> InvalidInput:
    if isinstance(got, str) and "@" in got:  # there may be a password before it
        got = None
    return InvalidInput("Deliveries cannot go there.", field="url", expected=expected, got=got)
