"""The log as a file that leaves the house: JSON Lines that docs/verify_audit.py checks without us.

The first line holds the newest signed head and the public keys, then comes every leaf below that head in order, and a
last line says how many they were, so that a file that was cut is known. A leaf stands as the text that is hashed, or
as `leaf_base64` where its bytes are no text. Actors, reasons and their salts are written only when `details` are asked
for: whoever has them cannot be made to forget.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from audit.leaves import recalled
from audit.models import AuditEvent, TreeHead
from audit.proofs import NotInLogYet
from audit.services import append
from models_store.keys import Keyring

FORMAT, VERSION = "kilnmark-audit-export", 1
_BATCH = 1000
_LEAF = ("index", "leaf")
_OPENED = ("actor", "detail__salt", "detail__detail")


def export(keyring: Keyring, *, actor: str, details: bool = False) -> Iterator[bytes]:
    """The lines of an export under the newest head, in constant memory; that it was taken is an event of the log.

    Raises NotInLogYet, before the first line, while no head is signed.
    """
    head = TreeHead.objects.first()
    if head is None:
        raise NotInLogYet()
    with transaction.atomic():
        append(
            actor=actor, verb="audit.exported", subject=("audit", "log"), detail={"size": head.size, "details": details}
        )
    return _lines(head, public_keys(keyring), details)


def public_keys(keyring: Keyring) -> dict[str, str]:
    """The keys that sign heads or did, PEM by key id."""
    public = keyring.log.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    retired = {name: pem for name, pem in keyring.retired.items() if name.startswith("log-")}
    return retired | {keyring.log.key_id: public}


def _lines(head: TreeHead, keys: dict[str, str], details: bool) -> Iterator[bytes]:
    said = {"format": FORMAT, "version": VERSION, "details": details, "head": head.as_dict(), "public_keys": keys}
    yield _line(said)
    count = 0
    for row in _rows(head.size, (*_LEAF, *_OPENED) if details else _LEAF):
        yield _line(_leaf(*row))
        count += 1
    yield _line({"end": True, "count": count})


def _rows(size: int, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    """Leaves below `size`, batch by batch: no transaction and no cursor stays open meanwhile."""
    last = -1
    while rows := list(
        AuditEvent.objects.filter(index__gt=last, index__lt=size).order_by("index").values_list(*columns)[:_BATCH]
    ):
        yield from rows
        last = rows[-1][0]


def _leaf(index: int, leaf: bytes, *opened: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"index": index} | _text(bytes(leaf))
    if not opened:
        return said
    actor, salt, detail = opened
    return said | (
        {"erased": True} if salt is None else {"actor": actor, "salt": bytes(salt).hex(), "detail": recalled(detail)}
    )


def _text(leaf: bytes) -> dict[str, str]:
    try:
        return {"leaf": leaf.decode()}
    except UnicodeDecodeError:
        return {"leaf_base64": base64.b64encode(leaf).decode()}


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"
