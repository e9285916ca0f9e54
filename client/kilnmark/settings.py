"""From what a client is made with to what its calls go through."""

from __future__ import annotations

from dataclasses import replace

from kilnmark.address import Address
from kilnmark.errors import Misused
from kilnmark.link import Link
from kilnmark.profiles import whom
from kilnmark.retries import Retries
from kilnmark.secret import Secret


def link_for(
    url: str | None, token: str | None, *, profile: str | None, timeout: float, retries: Retries | int | None
) -> Link:
    """The link; raises Misused. A number of retries changes only how often one call is tried again."""
    found = whom(url, token, profile)
    address, secret = Address.of(found.url), Secret(found.token) if found.token else None
    if not timeout > 0:
        raise Misused("timeout is a number of seconds above 0.")
    if isinstance(retries, int):
        retries = replace(Retries(), attempts=retries + 1)
    if secret:
        address.warn_if_open()
    return Link(address, secret, timeout_s=timeout, retries=retries or Retries())
