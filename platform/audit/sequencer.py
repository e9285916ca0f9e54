"""One at a time, whoever comes by: gives waiting events their place, extends the tree, signs its head."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from audit import nodes
from audit.leaves import moment
from audit.models import AuditEvent, TreeHead, TreeNode
from config import clock
from models_store import merkle
from models_store.errors import IntegrityFailure
from models_store.evidence import head_bytes
from models_store.keys import Keyring
from models_store.signing import Signer

_LOCK = 0x4B494C4E  # "KILN"


class PastChanged(IntegrityFailure):
    """The stored tree does not begin with the tree that was signed last; no new head is signed over it."""

    code = "past_changed"


def sequence(limit: int = 1000) -> int:
    """Put up to `limit` waiting events into the tree, oldest first; returns how many (0 also while another does it)."""
    if not AuditEvent.objects.filter(index=None).exists():  # without a lock: mostly there is nothing to do
        return 0
    with transaction.atomic():
        return _extend(limit) if _alone() else 0


def sign_head(keyring: Keyring) -> TreeHead | None:
    """Sign the tree when it grew since the last head; PastChanged when it does not continue that head."""
    if not unsigned():
        return None
    with transaction.atomic():
        return _sign(keyring.log) if _alone() else None


def head_due(now: datetime, *, every: timedelta, events: int) -> bool:
    """Whether the tree grew since the last head, and that is so long or so many events ago; one that shrank is due."""
    size, last = tree_size(), TreeHead.objects.first()
    if last is None or not _grew(size, last):
        return _grew(size, last)
    return not 0 <= size - last.size < events or not timedelta(0) <= now - last.at < every


def unsigned() -> bool:
    """Whether the tree grew since the last head."""
    return _grew(tree_size(), TreeHead.objects.first())


def tree_size() -> int:
    """How many events have a place in the log."""
    last = AuditEvent.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def _extend(limit: int) -> int:
    waiting = list(AuditEvent.objects.filter(index=None).order_by("at", "id").values_list("pk", "leaf")[:limit])
    size = tree_size()
    hashes = [merkle.leaf_hash(bytes(leaf)) for _, leaf in waiting]
    grown = merkle.grow(nodes.stored(partial(merkle.root, size=size)), size, hashes)
    _number(waiting, size)
    TreeNode.objects.bulk_create(
        TreeNode(level=level, index=index, hash=value) for (level, index), value in grown.items()
    )
    return len(waiting)


def _sign(signer: Signer) -> TreeHead | None:
    size, last = tree_size(), TreeHead.objects.first()
    if not _grew(size, last):
        return None
    if last:
        _require_same_past(last, size)
    root = merkle.root(nodes.stored(partial(merkle.root, size=size)), size).hex()
    at = clock.now()
    signature = signer.sign(head_bytes(size=size, root=root, at=moment(at)))
    return TreeHead.objects.create(size=size, root=root, at=at, signature=signature.hex(), key_id=signer.key_id)


def _grew(size: int, last: TreeHead | None) -> bool:
    return size != (last.size if last else 0)


def _require_same_past(last: TreeHead, size: int) -> None:
    read = nodes.stored(lambda node: (merkle.root(node, last.size), merkle.root(node, size)))
    found = merkle.root(read, last.size).hex()
    if size < last.size or found != last.root:
        raise PastChanged(field="root", expected=last.root, got=found)


def _number(waiting: list[tuple[Any, bytes]], size: int) -> None:
    """The indexes, in one prepared statement; an event that got one meanwhile violates the unique index."""
    table, key = connection.ops.quote_name(AuditEvent._meta.db_table), AuditEvent._meta.pk
    rows = [(size + offset, key.get_db_prep_value(pk, connection)) for offset, (pk, _) in enumerate(waiting)]
    with connection.cursor() as cursor:
        cursor.executemany(f'UPDATE {table} SET "index" = %s WHERE id = %s AND "index" IS NULL', rows)  # noqa: S608


def _alone() -> bool:
    """Whether this transaction alone may write the tree: by an advisory lock, or as SQLite's IMMEDIATE transaction."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])
