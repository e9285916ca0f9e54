"""Which details name a person who did not do what they tell of: who got a role, whose token it was, who cancelled."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from audit.detail_texts import details_with, texts
from audit.models import AuditDetail

PEOPLE = {"by", "member", "members", "owner", "person", "people", "reviewer", "user", "username", "who"}


def details_naming(name: str) -> list[UUID]:
    """Events whose details say this name where a person's name stands. Reads the text of every detail: seconds at a
    million events, so it is asked before a transaction begins.
    """
    return [pk for pk, detail in details_with(name, AuditDetail.objects.all()) if _names(detail, name)]


def _names(detail: Any, name: str) -> bool:
    """As the value of a field of people, or as "by NAME" in a sentence of ours: a name may be a common word, too."""
    spoken = re.compile(rf"\bby {re.escape(name)}(?=$|[.,:;!?)])")
    return any(
        (value == name and (key in PEOPLE or key.endswith("_by"))) or spoken.search(value)
        for key, value in texts(detail)
    )
