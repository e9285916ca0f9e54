"""The client that blocks."""

from __future__ import annotations

import ssl
from types import TracebackType

from kilnmark.blocking import Blocking
from kilnmark.nouns.platform import Platform
from kilnmark.retries import Retries
from kilnmark.settings import link_for


class Client(Platform[Blocking]):
    """A Kilnmark platform; use it as a context manager, or close it. Threads may share one.

    Address and token are those given, else KILNMARK_URL and KILNMARK_TOKEN, else the profile that `kilnmark login`
    wrote. `timeout` (s) is how long the platform may be silent within one try; `retries` says how often is tried.
    `tls` replaces the certificates that are trusted: `ssl.create_default_context(cafile="our-ca.pem")`.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        profile: str | None = None,
        timeout: float = 30.0,
        retries: Retries | int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(link_for(url, token, profile=profile, timeout=timeout, retries=retries), Blocking(tls))

    def close(self) -> None:
        """Let go of all connections."""
        self._way.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
