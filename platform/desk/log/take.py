"""The list of the log as a file: what is filtered, as CSV or as JSON Lines, newest first and at most LONGEST rows."""

from __future__ import annotations

import csv
import heapq
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet

from audit.leaves import moment
from audit.models import AuditEvent
from desk.csv_cell import plain_cell
from desk.words.verbs import verb_title

LONGEST, BATCH = 100_000, 1000
FORMATS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
NAMES = ("place", "time", "who", "what", "in_words", "kind", "subject", "project", "event", "leaf_sha256")


def lines(rows: QuerySet[AuditEvent], ways: Iterable[Q], form: str) -> Iterator[bytes]:
    """The lines of a file, read BATCH rows at a time; a header first in CSV."""
    found = islice(_merged(rows, list(ways)), LONGEST)
    return _as_csv(found) if form == "csv" else _as_json(found)


def _merged(rows: QuerySet[AuditEvent], ways: list[Q]) -> Iterator[AuditEvent]:
    """What any of the ways shows, each row once, newest first: by each way's index, never sorted as a whole."""
    last = None
    for row in heapq.merge(*(_newest_first(rows.filter(way)) for way in ways), key=lambda row: row.pk, reverse=True):
        if row.pk != last:
            yield row
        last = row.pk


def _newest_first(rows: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    near = rows.order_by("-pk")
    while batch := list(near[:BATCH]):
        yield from batch
        near = rows.filter(pk__lt=batch[-1].pk).order_by("-pk")


def _said(row: AuditEvent) -> dict[str, Any]:
    values = (
        row.index, moment(row.at), row.actor, row.verb, verb_title(row.verb), row.subject_kind, row.subject_id,
        str(row.project_id or ""), str(row.pk), row.leaf_hash.hex(),
    )  # fmt: skip
    return dict(zip(NAMES, values, strict=True))


def _as_json(rows: Iterable[AuditEvent]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(_said(row), ensure_ascii=False).encode() + b"\n"


def _as_csv(rows: Iterable[AuditEvent]) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(NAMES)
    for row in rows:
        writer.writerow(plain_cell(value) if isinstance(value, str) else value for value in _said(row).values())
        yield out.getvalue().encode()
        out.seek(out.truncate(0))
    yield out.getvalue().encode()
