"""Strict readers of the environment: a wrong value stops the start with the name, what was expected and what came."""

from __future__ import annotations

import os
from collections.abc import Collection
from datetime import datetime, time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

OWN_NETWORKS = ("127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
SMTP_PORTS = {"smtp": 587, "smtps": 465, "smtp-plain": 25}


def text(name: str, default: str = "") -> str:
    """A string, stripped."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    """A switch: 1, true, yes, on or 0, false, no, off."""
    said = text(name).lower()
    if not said:
        return default
    if said in {"1", "true", "yes", "on"}:
        return True
    if said in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}: expected one of 1, 0, true, false, yes, no, on, off; got {said!r}.")


def choice(name: str, default: str, options: Collection[str]) -> str:
    """One of a few words."""
    said = text(name) or default
    if said not in options:
        raise ImproperlyConfigured(f"{name}: expected one of {', '.join(options)}; got {said!r}.")
    return said


def integer(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number within bounds."""
    said = text(name)
    try:
        value = int(said) if said else default
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name}: expected a whole number from {low} to {high}; got {said!r}.")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def url(name: str, default: str, schemes: Collection[str]) -> str:
    """A URL of one of some schemes; it may hold a password, so an error quotes its scheme alone."""
    said = text(name) or default
    scheme, _separator, rest = said.partition("://")
    if scheme not in schemes or not rest:
        expected = ", ".join(f"{known}://..." for known in schemes)
        raise ImproperlyConfigured(f"{name}: expected {expected}; got {f'{scheme}://...' if rest else 'no URL'}.")
    return said


class MailServer(NamedTuple):
    """Where mails are handed over; `host` is "" where there is none."""

    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


def mail_server(name: str) -> MailServer:
    """smtp://user:password@host:587 (STARTTLS), smtps://... (TLS), smtp-plain://... (for a server on this machine)."""
    if not text(name):
        return MailServer()
    said = urlsplit(url(name, "", tuple(SMTP_PORTS)))
    expected = ImproperlyConfigured(f"{name}: expected smtp://user:password@host:port; got one without host or port.")
    try:
        port = said.port or SMTP_PORTS[said.scheme]
    except ValueError:
        raise expected from None  # what it says may be part of a password
    if not said.hostname:
        raise expected
    user, password = unquote(said.username or ""), unquote(said.password or "")
    return MailServer(said.hostname, port, user, password, said.scheme == "smtp", said.scheme == "smtps")


def signer(name: str) -> str:
    """`file`, a PKCS#11 URI (pkcs11:token=...), or module:function."""
    said = text(name) or "file"
    module, _separator, function = said.partition(":")
    if said != "file" and not said.startswith("pkcs11:") and not (function.isidentifier() and module):
        raise ImproperlyConfigured(f"{name}: expected file, pkcs11:... or module:function; got {said!r}.")
    return said


def time_stamps(authority: str, root: str) -> tuple[str, Path | None]:
    """The URL of a time stamp authority and the file with its root certificates (PEM): both or neither."""
    if not text(authority) and not text(root):
        return "", None
    place = folder(root, Path())
    if not text(authority) or not place.is_file():
        raise ImproperlyConfigured(f"{authority}, {root}: expected a URL and a file of certificates; one is missing.")
    return url(authority, "", ("http", "https")), place


def origins(name: str) -> list[str]:
    """Origins, separated by commas: each with its scheme."""
    said = words(name)
    for origin in said:
        if not origin.startswith(("https://", "http://")):
            raise ImproperlyConfigured(f"{name}: expected https://host or http://host; got {origin!r}.")
    return said


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks such as 10.0.0.0/8, separated by commas; `true` means those that belong to one's own house."""
    said = words(name)
    if [one.lower() for one in said] in ([], ["0"], ["false"], ["no"], ["off"]):
        return ()
    if [one.lower() for one in said] in (["1"], ["true"], ["yes"], ["on"]):
        said = list(OWN_NETWORKS)
    try:
        return tuple(ip_network(one) for one in said)
    except ValueError as wrong:
        raise ImproperlyConfigured(f"{name}: expected networks such as 10.0.0.0/8, or true; got {said!r}.") from wrong


def cross_origins(name: str) -> tuple[list[str], bool]:
    """Origins whose pages may read answers, each https://host or https://host:port; `*` is any of them."""
    if words(name) == ["*"]:
        return [], True
    said = origins(name)
    for origin in said:
        parts = urlsplit(origin)
        if not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin or "*" in origin:
            raise ImproperlyConfigured(f"{name}: expected https://host, or * alone; got {origin!r}.")
    return said, False


def zone(name: str, default: str) -> str:
    """A time zone of the IANA database."""
    said = text(name).removeprefix(":") or default
    try:
        ZoneInfo(said)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise ImproperlyConfigured(f"{name}: expected a time zone such as Europe/Berlin; got {said!r}.") from unknown
    return said


def time_of_day(name: str, default: str) -> time:
    """A time like 08:00."""
    said = text(name) or default
    try:
        return datetime.strptime(said, "%H:%M").time()
    except ValueError as wrong:
        raise ImproperlyConfigured(f"{name}: expected a time such as 08:00; got {said!r}.") from wrong


def folder(name: str, default: Path) -> Path:
    """A folder, made absolute."""
    return Path(text(name) or default).expanduser().resolve()


def secret(name: str, file: Path) -> str:
    """A secret from the environment, else from a file that set-up wrote with mode 600."""
    if text(name):
        return text(name)
    try:
        return file.read_text().strip()
    except OSError as missing:
        raise ImproperlyConfigured(f"{name} is not set and {file} cannot be read; `make setup` makes it.") from missing
