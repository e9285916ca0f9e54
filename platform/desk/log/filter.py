"""The filters above the pages of the log: who, what, subject, day; and one page of rows by key."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils import timezone

from desk.log.told import told_of
from desk.words.verbs import SUBJECTS, VERBS, subject_title, verb_title

PAGE = 50
RARE = 1000  # rows of a kind
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
        rows = rows.filter(verb__in=verbs(what))
    if "kind" in said and "subject" not in said:
        rows = _of_kind(rows, said["kind"])
        fields.pop("kind")
    rows = rows.filter(**{fields[name]: value for name, value in said.items() if name in fields})
    if "day" not in said:
        return rows
    try:
        day = date.fromisoformat(said["day"])
        begin, end = (timezone.make_aware(datetime.combine(one, time.min)) for one in (day, day + timedelta(days=1)))
    except (ValueError, OverflowError):
        return rows.none()
    return rows.filter(**{f"{moment}__gte": begin, f"{moment}__lt": end})


def _of_kind(rows: QuerySet[Any], kind: str) -> QuerySet[Any]:
    """Rows that speak of a kind of thing: a rare kind by its index, a common one by walking the rows in order, since
    to sort all of a common kind costs more than to pass over a few of others.
    """
    rare = rows.order_by().filter(subject_kind=kind).values("pk")[:RARE].count() < RARE
    return rows.filter(subject_kind=kind) if rare else rows.alias(of=Concat("subject_kind", Value(""))).filter(of=kind)


def verbs(said: str) -> list[str]:
    """The verb itself, or those that begin with what was said, or whose second word does."""
    return [said] if said in VERBS else [verb for verb in VERBS if verb.startswith(said) or f".{said}" in verb]


def choices(said: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """What the lists of the form offer, (value, title) by title; and a word that somebody typed into the address."""
    offered = {"what": {one: verb_title(one) for one in VERBS}, "kind": {one: subject_title(one) for one in SUBJECTS}}
    for name, titles in offered.items():
        if name in said:
            titles.setdefault(said[name], said[name])
    return {name: sorted(titles.items(), key=lambda one: one[1]) for name, titles in offered.items()}


def page_of(
    rows: QuerySet[Any], ways: list[Q], request: HttpRequest, said: dict[str, str], known: Any
) -> dict[str, Any]:
    """PAGE rows, newest first, from `?from=` on (a key; `known` reads it), with what they speak of; links.

    Rows are seen by one of several `ways`: the newest of each are read by its index, then merged, since a database
    would sort all rows that any of them lets through.
    """
    start = known(request.GET.get("from", ""))
    near = (rows.filter(pk__lte=start) if start is not None else rows).order_by("-pk")
    keys = [pk for way in ways for pk in near.filter(way).values_list("pk", flat=True)[: PAGE + 1]]
    shown = list(rows.filter(pk__in=keys).order_by("-pk")[: PAGE + 1])
    older = urlencode(said | {"from": str(shown[PAGE].pk)}) if len(shown) > PAGE else ""
    return {
        "rows": told_of(shown[:PAGE], request.user),  # type: ignore[arg-type]
        "older": older,
        "newest": urlencode(said) if start is not None else None,
        "query": urlencode(said),
        "choices": choices(said),
    }
