"""The texts in details of events, and the details that hold one: for whoever has to forget a name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from audit.models import AuditDetail


def details_with(text: str, rows: QuerySet[AuditDetail]) -> Iterator[tuple[UUID, Any]]:
    """Event and detail of those that hold it, as the databases write JSON: SQLite escapes other scripts. Reads all
    of the rows: seconds at a million.
    """
    plain, escaped = (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True))
    written = Q(written__contains=plain) | Q(written__contains=escaped)
    found = rows.annotate(written=Cast("detail", TextField())).filter(written)
    return found.values_list("pk", "detail").iterator()


def texts(said: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text within, with the name of the field that it stands in."""
    if isinstance(said, str):
        yield key, said
    elif isinstance(said, dict):
        for name, value in said.items():
            yield from texts(value, name)
    elif isinstance(said, list):
        for value in said:
            yield from texts(value, key)
