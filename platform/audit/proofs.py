"""Proofs over the stored log, as plain JSON; models_store/evidence.py checks them with the public log key alone."""

from __future__ import annotations

from functools import partial
from typing import Any

from audit import nodes
from audit.models import AuditEvent, TreeHead
from audit.sequencer import tree_size
from models_store import merkle
from models_store.errors import Conflict, InvalidInput, NotFound


class NotInLogYet(Conflict):
    """No signed head of the log covers it yet; ask again within a minute."""

    code, retry = "not_in_log_yet", True


def inclusion(event: AuditEvent | int, size: int | None = None) -> dict[str, Any]:
    """The way from one event (or the index of one) to a signed head: of `size` events, else the newest.

    Raises NotInLogYet, or NotFound for an index or a head that is not there.
    """
    row = event if isinstance(event, AuditEvent) else _at(event)
    if row.index is None:
        raise NotInLogYet()
    head = TreeHead.objects.filter(size=size).first() if size is not None else TreeHead.objects.first()
    if size is not None and head is None:
        raise NotFound("The log has no signed head of that size.", field="size", got=size)
    if head is None or row.index >= head.size:
        raise NotInLogYet()
    index, covered = row.index, head.size
    node = nodes.stored(partial(merkle.inclusion_proof, index=index, size=covered))
    return {
        "index": index,
        "tree_size": covered,
        "leaf": bytes(row.leaf).decode(),
        "path": [step.hex() for step in merkle.inclusion_proof(node, index, covered)],
        "head": head.as_dict(),
    }


def consistency(first: int, second: int | None = None) -> dict[str, Any]:
    """That the tree of `second` events (default: all) begins with the tree of `first`; InvalidInput out of range."""
    size = tree_size()
    newer = size if second is None else second
    if not 0 <= first <= newer <= size:
        raise InvalidInput(
            "The log has no such sizes.", field="first, second", expected=f"0 to {size}", got=[first, newer]
        )
    node = nodes.stored(partial(merkle.consistency_proof, first=first, second=newer))
    path = merkle.consistency_proof(node, first, newer)
    return {"first": first, "second": newer, "path": [step.hex() for step in path]}


def _at(index: int) -> AuditEvent:
    event = AuditEvent.objects.filter(index=index).first()
    if event is None:
        raise NotFound("The log has no event at that index.", field="index", got=index)
    return event
