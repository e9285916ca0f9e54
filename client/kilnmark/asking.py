"""The shapes that calls have: one answer, a list in pages, nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from kilnmark.answers.answer import Answer
from kilnmark.errors import NotUnderstood
from kilnmark.link import Ask, Link
from kilnmark.plan import Item, Plan, Series

A = TypeVar("A", bound=Answer)


def one(link: Link, kind: type[A], ask: Ask, *, long: bool = False) -> Plan[A]:
    """One answer; `long` outlasts an outage, as the last step of something long does."""
    said, headers = yield from link.json(ask, link.tries(long=long))
    return kind.of(said, etag=headers.get("etag", ""))


def posted(link: Link, kind: type[A], path: str, body: Mapping[str, Any] | None = None) -> Plan[A]:
    """What a POST answers; values that are None are left out."""
    return (yield from one(link, kind, Ask("POST", path, body=given(body or {}))))


def changed(link: Link, kind: type[A], path: str, body: Mapping[str, Any], if_match: str | None = None) -> Plan[A]:
    """What a PATCH answers; with `if_match` it is refused (412, Changed) where somebody else was first."""
    return (yield from one(link, kind, Ask("PATCH", path, body=body, headers=matching(if_match))))


def deleted(link: Link, path: str, if_match: str | None = None) -> Plan[None]:
    """Nothing is left; one that a lost answer had deleted before counts as well."""
    yield from link.exchange(Ask("DELETE", path, headers=matching(if_match)))


def matching(if_match: str | None) -> dict[str, str]:
    """The header for an edit of what was read (RFC 9110, section 13.1.1)."""
    return {"If-Match": if_match} if if_match else {}


def given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without the values that are None."""
    return {name: said for name, said in body.items() if said is not None}


def pages(link: Link, kind: type[A], path: str, params: Mapping[str, Any], page_size: int | None = None) -> Series[A]:
    """The items of all pages; a page is asked for once its first item is wanted.

    Of the link to the next page only its cursor is taken: nobody is sent elsewhere by a list.
    """
    words, seen = {**params, "limit": page_size}, set[str]()
    while True:
        said, _ = yield from link.json(Ask("GET", path, words))
        results = said.get("results") if isinstance(said, Mapping) else None
        if not isinstance(results, list):
            raise NotUnderstood("results: expected list.")
        for at, row in enumerate(results):
            yield Item(kind.of(row, place=f"results[{at}]"))
        following = said.get("next")
        cursor = parse_qs(urlsplit(str(following)).query).get("cursor", [""])[0] if following else ""
        if not cursor:
            return
        if cursor in seen:
            raise NotUnderstood("The list does not end.")
        seen.add(cursor)
        words = {**words, "cursor": cursor}
