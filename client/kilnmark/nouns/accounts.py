"""Own tokens, accounts of programs, and what can run."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from kilnmark.address import step
from kilnmark.answers.accounts import FreshToken, ServiceAccount, Token
from kilnmark.answers.catalog import Plugin
from kilnmark.asking import changed, deleted, given, one, pages, posted
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.errors import Misused
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Tokens(Noun[Way]):
    """`client.tokens`."""

    @stream
    def list(self, /, *, page_size: int | None = None, **more: Any) -> Series[Token]:
        """Yours, also revoked ones."""
        return pages(self._link, Token, "/tokens", more, page_size)

    @call
    def create(
        self, /, name: str = "", *, scopes: Sequence[str] | None = None, username: str | None = None,
        password: str | None = None, **more: Any,
    ) -> Plan[FreshToken]:  # fmt: skip
        """A fresh one, shown this once; with `username` and `password` for whoever has none yet."""
        headers = {}
        if username is not None:
            if ":" in username:
                raise Misused("A user name holds no colon.")  # RFC 7617, section 2
            self._link.address.warn_if_open("password")
            said = base64.b64encode(f"{username}:{password or ''}".encode()).decode()
            headers["Authorization"] = f"Basic {said}"
        body = given({"name": name, "scopes": list_of(scopes), **more})
        return (yield from one(self._link, FreshToken, Ask("POST", "/tokens", body=body, headers=headers)))

    @call
    def revoke(self, id: Any) -> Plan[None]:
        """From now on it is refused."""
        yield from deleted(self._link, f"/tokens/{step(id)}")


class ServiceAccounts(Noun[Way]):
    """`client.service_accounts`: accounts of programs, named as `name@project`."""

    @stream
    def list(self, *, project: str | None = None, page_size: int | None = None) -> Series[ServiceAccount]:
        """Those of projects that you own."""
        return pages(self._link, ServiceAccount, "/service-accounts", {"project": project}, page_size)

    @call
    def get(self, name: str) -> Plan[ServiceAccount]:
        """One of them."""
        return (yield from one(self._link, ServiceAccount, Ask("GET", f"/service-accounts/{step(name)}")))

    @call
    def create(self, name: str, project: str, *, role: str | None = None) -> Plan[ServiceAccount]:
        """You answer for it."""
        body = {"name": name, "project": project, "role": role}
        return (yield from posted(self._link, ServiceAccount, "/service-accounts", body))

    @call
    def change(self, name: str, *, answered_by: str, if_match: str | None = None) -> Plan[ServiceAccount]:
        """Somebody else answers for it."""
        body = {"answered_by": answered_by}
        return (yield from changed(self._link, ServiceAccount, f"/service-accounts/{step(name)}", body, if_match))

    @call
    def close(self, name: str, *, if_match: str | None = None) -> Plan[None]:
        """For good, with its tokens."""
        yield from deleted(self._link, f"/service-accounts/{step(name)}", if_match)

    @stream
    def tokens(self, name: str, *, page_size: int | None = None) -> Series[Token]:
        """Also revoked ones."""
        return pages(self._link, Token, f"/service-accounts/{step(name)}/tokens", {}, page_size)

    @call
    def create_token(
        self, name: str, *, label: str = "", scopes: Sequence[str] | None = None, days: int | None = None
    ) -> Plan[FreshToken]:
        """A fresh one, shown this once."""
        body = {"name": label, "scopes": list_of(scopes), "days": days}
        return (yield from posted(self._link, FreshToken, f"/service-accounts/{step(name)}/tokens", body))

    @call
    def revoke_token(self, name: str, id: Any) -> Plan[None]:
        """From now on it is refused."""
        yield from deleted(self._link, f"/service-accounts/{step(name)}/tokens/{step(id)}")


class Plugins(Noun[Way]):
    """`client.plugins`: what live workers can run."""

    @stream
    def list(self, kind: str | None = None) -> Series[Plugin]:
        """All of them, or those of one kind: family, modality, kind, mark, metric, guard, policy."""
        return pages(self._link, Plugin, "/plugins", {"kind": kind})


def list_of(said: Sequence[str] | None) -> list[str] | None:
    """As JSON has it."""
    return list(said) if said is not None else None
