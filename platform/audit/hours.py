"""Hourly counts become leaves of the log: one leaf over up to 500 counts of one hour and project, with their root.

Rows, salts and leaf are written in one transaction: whatever ends it halfway, no count is in two leaves and none is
lost. A count that is written late for an hour that was closed is a further row, and a further leaf.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from audit import proofs
from audit.leaves import commitment, moment
from audit.models import AuditEvent, HourlyCount
from audit.services import append
from audit.tally import hour_of
from config import clock
from models_store import evidence
from models_store.errors import NotFound

VERB = "hour.counted"
VERSION = 1
MOST = 500  # counts under one leaf: what a transaction holds the lock of SQLite for, about 20 ms
MOST_LEAVES = 20  # at one sweep


def close_due(actor: str) -> int:
    """Put the counts of hours that are over under leaves; returns how many leaves. Mostly there is nothing to do."""
    hour = hour_of(clock.now())
    leaves = 0
    while leaves < MOST_LEAVES and HourlyCount.objects.filter(event=None, hour__lt=hour).exists():
        with transaction.atomic():
            if not _close(hour, actor):
                break  # another sweeper is at it
        leaves += 1
    return leaves


def _close(before: datetime, actor: str) -> int:
    first = HourlyCount.objects.filter(event=None, hour__lt=before).order_by("hour", "id").first()
    if first is None:
        return 0
    open_rows = HourlyCount.objects.filter(event=None, hour=first.hour, project_id=first.project_id)
    if connection.vendor == "postgresql":  # SQLite has locked out everybody else
        open_rows = open_rows.select_for_update(skip_locked=True)
    rows = list(open_rows.order_by("id")[:MOST])
    if not rows:
        return 0
    for place, row in enumerate(rows):
        row.place, row.salt = place, os.urandom(16)
        row.who = commitment(row.salt, "actor", row.actor)
    totals = Counter[str]()
    for row in rows:
        totals[row.verb] += row.count
    root, _ = evidence.chunk([item_of(row) for row in rows])
    owner = first.project_id
    event = append(
        actor=actor,
        verb=VERB,
        subject=("project", str(owner)) if owner else ("audit", "log"),
        project=owner,
        detail={"hour": moment(first.hour), "counts": len(rows), "totals": dict(totals)},
        items_root=root,
    )
    _cover(rows, event)
    return len(rows)


def _cover(rows: list[HourlyCount], event: AuditEvent) -> None:
    """Write where each count stands now, in one prepared statement."""
    key = AuditEvent._meta.pk.get_db_prep_save(event.pk, connection)
    table = connection.ops.quote_name(HourlyCount._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET event_id = %s, place = %s, salt = %s, who = %s WHERE id = %s",  # noqa: S608
            [(key, row.place, row.salt, row.who, row.pk) for row in rows],
        )


def item_of(row: HourlyCount) -> dict[str, Any]:
    """What the leaf's root holds of one count: who is a commitment only."""
    return {
        "v": VERSION,
        "hour": moment(row.hour),
        "verb": row.verb,
        "subject": [row.subject_kind, row.subject_id],
        "project": str(row.project_id) if row.project_id else None,
        "count": row.count,
        "actor": row.who,
    }


def proof_of(row: HourlyCount) -> dict[str, Any]:
    """The way from a count to a signed head (models_store/evidence.py, check_artifact); NotInLogYet in its hour."""
    if row.event is None or row.place is None:
        raise proofs.NotInLogYet()
    log = proofs.inclusion(row.event)
    items = [item_of(one) for one in under(row.event)]
    if row.place >= len(items):
        raise NotFound("Counts of this hour are missing.", field="count", got=row.pk)
    return evidence.artifact(items, row.place, log)


def under(event: AuditEvent) -> list[HourlyCount]:
    """The counts that a leaf covers, in their order."""
    return list(HourlyCount.objects.filter(event=event).order_by("place"))
