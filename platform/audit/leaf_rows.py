"""Whether a row of the log says what its leaf says.

For a million rows that is a matter of time: the leaf is put together again from the columns and compared as bytes.
Only where that differs is the leaf read as JSON, to name what differs.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from django.db import connection

from audit.leaves import VERSION, commitment, moment, recalled
from audit.models import AuditEvent

_COLUMNS = (
    "index", "id", "at", "actor", "verb", "subject_kind", "subject_id", "project_id", "leaf",
    "detail__salt", "detail__detail",
)  # fmt: skip
_ITEMS = b'"items_root":"'
_quoted = lru_cache(4096)(encode_basestring)
_plain = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


class LeafRow(NamedTuple):
    """One event's columns, times and ids as its leaf writes them; salt and detail are None once they were erased."""

    place: int
    id: str
    at: str
    actor: str
    verb: str
    kind: str
    subject: str
    project: str | None
    leaf: bytes
    salt: bytes | None
    detail: str | None  # JSON as it is stored


def leaf_rows(start: int, end: int) -> list[LeafRow]:
    """The events with these indexes, in order. The query is Django's, but its conversions would cost as much as all
    hashes, so the columns are read as the database gives them.
    """
    query = AuditEvent.objects.filter(index__gte=start, index__lt=end).order_by("index").values_list(*_COLUMNS)
    statement, values = query.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [
            LeafRow(place, _id(pk), _at(at), actor, verb, kind, subject, _id(owner), as_bytes(leaf), salt, detail)
            for place, pk, at, actor, verb, kind, subject, owner, leaf, salt, detail in cursor.fetchall()
        ]


def _id(said: Any) -> Any:
    """As RFC 9562 writes it: SQLite keeps the 32 digits."""
    if type(said) is str and len(said) == 32:
        return f"{said[:8]}-{said[8:12]}-{said[12:16]}-{said[16:20]}-{said[20:]}"
    return said if said is None else str(said)


def _at(said: Any) -> str:
    """As `moment` writes it: SQLite keeps UTC without saying so."""
    if not isinstance(said, datetime):
        return str(said)  # nobody of us wrote that
    return said.isoformat(timespec="microseconds") + "+00:00" if said.tzinfo is None else moment(said)


def as_bytes(said: Any) -> bytes:
    """SQLite lets an editor put text or numbers there."""
    return bytes(said) if isinstance(said, bytes | memoryview) else str(said).encode()


def differences(row: LeafRow) -> list[str]:
    """Sentences; none where leaf, columns and commitments fit. Whatever an editor left in a column is a difference."""
    try:
        return list(_differences(row))
    except Exception as wrong:  # a check that ends because of what was tampered with would say nothing of it
        return [f"event {row.place}: it cannot be read: {type(wrong).__name__}"]


def _differences(row: LeafRow) -> Iterator[str]:
    if row.salt is not None and _same(row):
        return
    try:
        said = json.loads(row.leaf)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        yield f"event {row.place}: its leaf is no JSON"
        return
    columns = {
        "id": row.id,
        "at": row.at,
        "verb": row.verb,
        "subject": [row.kind, row.subject],
        "project": row.project,
    }
    for name in [name for name, value in columns.items() if said.get(name) != value]:
        yield f"event {row.place}: its row and its leaf differ in {name}"
    if row.salt is not None:
        parts: dict[str, Any] = {"actor": row.actor, "detail": recalled(json.loads(row.detail or "null"))}
        for name, value in parts.items():
            if said.get(name) != commitment(bytes(row.salt), name, value):
                yield f"event {row.place}: its {name} is not what its leaf commits to"


def _same(row: LeafRow) -> bool:
    """Whether the canonical leaf of these columns is the stored one; the columns are strings, so plain JSON has its
    form. Of the detail the form without floats is tried: a digest that fits is that of the committed bytes.
    """
    try:
        salt = bytes(row.salt or b"")
        actor = _digest(salt, b"actor", _quoted(row.actor))
        detail = _digest(salt, b"detail", _plain(json.loads(row.detail or "null")))
        found = row.leaf.find(_ITEMS)
        items = row.leaf[found : found + len(_ITEMS) + 66].decode("ascii") if found >= 0 else ""
        project = f'"{row.project}"' if row.project else "null"
        expected = (
            f'{{"actor":"{actor}","at":"{row.at}","detail":"{detail}","id":"{row.id}",{items}"project":{project},'
            f'"subject":[{_quoted(row.kind)},{_quoted(row.subject)}],"v":{VERSION},"verb":{_quoted(row.verb)}}}'
        )
        return expected.encode() == row.leaf
    except (TypeError, ValueError):
        return False


def _digest(salt: bytes, part: bytes, said: str) -> str:
    return hashlib.sha256(hmac.digest(salt, part, "sha256") + said.encode()).hexdigest()
