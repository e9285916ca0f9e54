"""The verbs of the log: append inside the action's own transaction, and forget what must be forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from audit.inserts import insert
from audit.leaves import leaf_bytes
from audit.models import AuditDetail, AuditEvent, HourlyCount, ProjectPolicy, Review, ReviewRequest
from audit.persons_named import details_naming
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
    event = AuditEvent(
        id=event_id, at=when, actor=actor, verb=verb, subject_kind=subject[0], subject_id=subject[1],
        project_id=owner, leaf=leaf,
    )  # fmt: skip
    event.detail = AuditDetail(event=event, salt=salt, detail=kept)
    insert(event)
    insert(event.detail)
    return event


@transaction.atomic
def erase_details(events: Iterable[UUID], *, actor: str) -> int:
    """Forget who did these events and their details; leaves and proofs stay valid. Returns how many were forgotten."""
    erased = _erase(list(events))
    append(actor=actor, verb="audit.erased", subject=("audit", "details"), detail={"count": erased})
    return erased


def erase_person(name: str, *, actor: str) -> int:
    """Forget a person in the log and the reviews: as actor, in the details of what that person did, in details that
    name the person, and in the counts of reads. Returns how many details were forgotten.
    """
    named = details_naming(name)
    with transaction.atomic():
        theirs = AuditEvent.objects.filter(actor=name)
        erased, _ = AuditDetail.objects.filter(event__in=theirs).delete()
        theirs.update(actor="")
        erased += _erase(named)
        _uncount(name)
        Review.objects.filter(reviewer=name).update(reviewer="", comment="")
        ReviewRequest.objects.filter(asked_by=name).update(asked_by="")
        ProjectPolicy.objects.filter(set_by=name).update(set_by="")
        append(actor=actor, verb="audit.erased", subject=("audit", "person"), detail={"count": erased})
    return erased


def _erase(events: list[UUID]) -> int:
    """Details and actors of these events; the actor's commitment cannot be opened without the salt anyway."""
    erased = 0
    for start in range(0, len(events), 500):
        few = events[start : start + 500]
        erased += AuditDetail.objects.filter(event_id__in=few).delete()[0]
        AuditEvent.objects.filter(pk__in=few).update(actor="")
    return erased


def _uncount(name: str) -> None:
    """Counts stay, without a name: an hour that lasts still needs one that is nobody's, or two rows would be one."""
    theirs = HourlyCount.objects.filter(actor=name)
    theirs.exclude(event=None).update(actor="", salt=None)
    theirs.filter(event=None).update(actor=Concat(Value("erased "), Cast("id", CharField())))
