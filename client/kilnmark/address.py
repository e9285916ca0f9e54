"""Where a platform is, and which addresses are its own."""

from __future__ import annotations

import ipaddress
import warnings
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from kilnmark.errors import Misused

PORTS = {"http": 80, "https": 443}


class TokenInClear(UserWarning):
    """The token goes over a network unencrypted."""


@dataclass(frozen=True)
class Address:
    """`origin` is scheme, host and port; the API lies below `base`."""

    origin: tuple[str, str, int]
    base: str

    @classmethod
    def of(cls, url: str) -> Address:
        """From what a person typed; raises Misused."""
        if "://" not in url:
            url = f"http://{url}" if loopback(url.split("/")[0].rsplit(":", 1)[0]) else f"https://{url}"
        try:
            parts = urlsplit(url.strip())
            origin = origin_of(url.strip())
        except ValueError:
            raise Misused("The address is no URL; expected such as https://kilnmark.example.") from None
        if parts.username or parts.password:
            raise Misused("The address holds a user name or password: give a token instead.")
        if parts.query or parts.fragment:
            raise Misused("The address ends with its path; expected such as https://kilnmark.example.")
        path = parts.path.rstrip("/").removesuffix("/api/v1")
        return cls(origin, f"{parts.scheme.lower()}://{parts.netloc}{path}")

    def url(self, path: str) -> str:
        """Of a path of the API (`/jobs`), or of the host (`/api/v1/jobs` as a link says it)."""
        return self.base + (path if path.startswith("/api/v1/") else f"/api/v1{path}")

    @property
    def in_clear(self) -> bool:
        """Whether what is sent there crosses a network unencrypted."""
        return self.origin[0] == "http" and not loopback(self.origin[1])

    def warn_if_open(self, what: str = "token") -> None:
        """TokenInClear where a token, or a password, would cross a network unencrypted."""
        if self.in_clear:
            says = f"The {what} goes to {self.origin[1]} unencrypted: everybody on the way can read it. Use https://."
            warnings.warn(says, TokenInClear, stacklevel=4)


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host, port (RFC 6454); ValueError for anything but http and https."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not parts.hostname:
        raise ValueError
    return scheme, parts.hostname.lower(), parts.port or PORTS[scheme]


def loopback(host: str) -> bool:
    """Whether it is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def step(name: object) -> str:
    """An id or a name as one step of a path; Misused for one that would lead elsewhere."""
    said = str(getattr(name, "id", name))
    if said in ("", ".", "..") or "/" in said or "\\" in said:
        raise Misused(f"{said!r} is no id or name.")
    return quote(said, safe="@")
