"""The verbs of the log: append inside the action's own transaction, and forget what must be forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit.leaves import leaf_bytes
from audit.models import AuditDetail, AuditEvent, Review
from config import clock
from models_store.errors import ProductError
from models_store.ids import new_id


class OutsideTransaction(ProductError):
    """An audit event belongs into the transaction of the action it records."""

    code, http_status = "outside_transaction", 500


def append(
    *,
    actor: str,
    verb: str,
    subject: tuple[str, str],
    project: str | UUID | None = None,
    detail: Mapping[str, Any] | None = None,
    items_root: str | None = None,
    at: datetime | None = None,
) -> AuditEvent:
    """Record an event; it gets its place in the log when the sequencer comes by.

    `subject` is (kind, id). Actor and detail can be erased later, everything else cannot: no name or reason belongs
    into the other arguments. `items_root` (hex) covers a chunk of artifacts. Raises OutsideTransaction.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(field="verb", got=verb)
    owner = UUID(str(project)) if project else None
    when, salt, event_id = at or clock.now(), os.urandom(16), new_id()
    kept = dict(detail or {})
    leaf = leaf_bytes(
        event_id=str(event_id), at=when, actor=actor, verb=verb, subject=subject,
        project=str(owner) if owner else None, detail=kept, salt=salt, items_root=items_root,
    )  # fmt: skip
    event = AuditEvent.objects.create(
        id=event_id, at=when, actor=actor, verb=verb, subject_kind=subject[0], subject_id=subject[1],
        project_id=owner, leaf=leaf,
    )  # fmt: skip
    AuditDetail.objects.create(event=event, salt=salt, detail=kept)
    return event


@transaction.atomic
def erase_details(events: Iterable[UUID], *, actor: str) -> int:
    """Forget who did these events and their details; leaves and proofs stay valid. Returns how many were forgotten."""
    ids = list(events)
    erased, _ = AuditDetail.objects.filter(event_id__in=ids).delete()
    AuditEvent.objects.filter(pk__in=ids).update(actor="")
    append(actor=actor, verb="audit.erased", subject=("audit", "details"), detail={"count": erased})
    return erased


@transaction.atomic
def erase_person(name: str, *, actor: str) -> int:
    """Forget a person in the log and the reviews: as actor, and the details of what that person did."""
    theirs = AuditEvent.objects.filter(actor=name)
    erased, _ = AuditDetail.objects.filter(event__in=theirs).delete()
    theirs.update(actor="")
    Review.objects.filter(reviewer=name).update(reviewer="", comment="")
    append(actor=actor, verb="audit.erased", subject=("audit", "person"), detail={"count": erased})
    return erased
