"""Two signed heads of the log: that the older tree is the beginning of the newer, for the browser to work out."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from audit import proofs
from audit.models import TreeHead
from models_store.errors import InvalidInput
from models_store.evidence import check_consistency

SHOWN = 50
PARTS = ("size", "root", "at", "signature", "key_id")


def newest() -> list[TreeHead]:
    """The heads to choose from, newest first."""
    return list(TreeHead.objects.all()[:SHOWN])


def head_of(said: str, kept: str, *, field: str) -> dict[str, Any] | None:
    """The head of a size, or the one that somebody kept and pasted as JSON; None where neither was said."""
    if kept.strip():
        return _pasted(kept, field)
    if not said:
        return None
    row = TreeHead.objects.filter(size=int(said)).first() if said.isdecimal() and len(said) < 19 else None
    if row is None:
        raise InvalidInput(_("There is no signed head of that size."), field=field, got=said[:40])
    return row.as_dict()


def _pasted(kept: str, field: str) -> dict[str, Any]:
    try:
        found = json.loads(kept)
        head = {name: found[name] for name in PARTS}
        fits = isinstance(head["size"], int) and bytes.fromhex(head["root"]) and bytes.fromhex(head["signature"])
    except (ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        expected = "JSON: " + ", ".join(PARTS)
        raise InvalidInput(_("This is no signed head."), field=field, expected=expected, got=kept[:40])
    return head


def compared(older: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    """Both heads with the proof between them, once it holds here; ProofFails where it does not, InvalidInput where the
    older one is the larger, or larger than the log.
    """
    said = {"older": older, "newer": newer, "proof": proofs.consistency(older["size"], newer["size"])}
    check_consistency(said["proof"], older, newer)
    return said
