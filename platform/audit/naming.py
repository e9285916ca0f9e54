"""Which details name a person who did not do what they tell of: who got a role, whose token it was, who cancelled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from audit.models import AuditDetail

PEOPLE = {"by", "member", "members", "owner", "person", "people", "reviewer", "user", "username", "who"}


def details_naming(name: str) -> list[UUID]:
    """Events whose details say this name where a person's name stands. Reads the text of every detail: seconds at a
    million events, so it is asked before a transaction begins.
    """
    text = Q(said__contains=name) | Q(said__contains=json.dumps(name)[1:-1])
    rows = AuditDetail.objects.annotate(said=Cast("detail", TextField())).filter(text)
    return [pk for pk, detail in rows.values_list("pk", "detail").iterator() if _names(detail, name)]


def _names(detail: Any, name: str) -> bool:
    """As the value of a field of people, or as "by NAME" in a sentence of ours: a name may be a common word, too."""
    spoken = re.compile(rf"\bby {re.escape(name)}(?=$|[.,:;!?)])")
    return any(
        (value == name and (key in PEOPLE or key.endswith("_by"))) or spoken.search(value)
        for key, value in _texts("", detail)
    )


def _texts(key: str, said: Any) -> Iterator[tuple[str, str]]:
    """Every text, with the name of the field it stands in."""
    if isinstance(said, str):
        yield key, said
    elif isinstance(said, dict):
        for name, value in said.items():
            yield from _texts(name, value)
    elif isinstance(said, list):
        for value in said:
            yield from _texts(key, value)
