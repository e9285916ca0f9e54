"""The filters above the pages of the log: who, what, subject, day; and one page of rows by key."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from desk.review.subjects import link_to

PAGE = 50
NAMES = ("who", "what", "kind", "subject", "day")


def asked(request: HttpRequest) -> dict[str, str]:
    """What the form says, without blanks, and without NUL, which PostgreSQL takes in no text."""
    said = {name: request.GET.get(name, "").replace("\0", "").strip()[:150] for name in NAMES}
    return {name: value for name, value in said.items() if value}


def filtered(rows: QuerySet[Any], said: dict[str, str], moment: str) -> QuerySet[Any]:
    """Rows that fit; `moment` is their field of time. What is no day finds nothing.

    What happened is said by a verb (`artifact.withdrawn`) or the beginning of either of its words.
    """
    fields = {"who": "actor", "kind": "subject_kind", "subject": "subject_id"}
    if what := said.get("what"):
        rows = rows.filter(verb__in=verbs(rows.model, what))
    rows = rows.filter(**{fields[name]: value for name, value in said.items() if name in fields})
    if "day" not in said:
        return rows
    try:
        day = date.fromisoformat(said["day"])
        begin, end = (timezone.make_aware(datetime.combine(one, time.min)) for one in (day, day + timedelta(days=1)))
    except (ValueError, OverflowError):
        return rows.none()
    return rows.filter(**{f"{moment}__gte": begin, f"{moment}__lt": end})


def verbs(model: type[Model], said: str) -> list[str]:
    """The verbs in use that begin with what was said, or whose second word does; one step of the index for each."""
    known: QuerySet[Any] = model._default_manager.order_by("verb").values_list("verb", flat=True)
    found, verb = [], ""
    while verb := known.filter(verb__gt=verb).first() or "":
        if verb.startswith(said) or f".{said}" in verb:
            found.append(verb)
    return found


def page_of(
    rows: QuerySet[Any], ways: list[Q], request: HttpRequest, said: dict[str, str], known: Any
) -> dict[str, Any]:
    """PAGE rows, newest first, from `?from=` on (a key; `known` reads it), with the pages of their subjects; links.

    Rows are seen by one of several `ways`: the newest of each are read by its index, then merged, since a database
    would sort all rows that any of them lets through.
    """
    start = known(request.GET.get("from", ""))
    near = (rows.filter(pk__lte=start) if start is not None else rows).order_by("-pk")
    keys = [pk for way in ways for pk in near.filter(way).values_list("pk", flat=True)[: PAGE + 1]]
    shown = list(rows.filter(pk__in=keys).order_by("-pk")[: PAGE + 1])
    older = urlencode(said | {"from": str(shown[PAGE].pk)}) if len(shown) > PAGE else ""
    linked = [(row, link_to(row.subject_kind, row.subject_id)) for row in shown[:PAGE]]
    return {"rows": linked, "older": older, "newest": urlencode(said) if start is not None else None}
