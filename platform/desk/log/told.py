"""Rows of the log as people read them: what happened in words, and the thing by its name, with its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from accounts.services import sees_all, visible_projects
from desk.review.subjects import PAGES, link_to, named
from desk.words.verbs import subject_title, verb_title
from lineage.subjects import SUBJECTS
from models_store.ids import is_uuid


@dataclass(frozen=True)
class Told:
    """What a row says: verb and kind of subject in words, the subject's name ("" where nobody knows it) and page."""

    verb: str
    kind: str
    name: str
    link: str


def told_of(rows: Iterable[Any], reader: User) -> list[tuple[Any, Told]]:
    """Each row with its words; names and links of what the reader may see. One query for each kind that has pages."""
    shown = list(rows)
    names = _names({(row.subject_kind, row.subject_id) for row in shown}, reader)
    return [(row, _told(row, names.get((row.subject_kind, row.subject_id)))) for row in shown]


def _told(row: Any, name: str | None) -> Told:
    link = link_to(row.subject_kind, row.subject_id) if name is not None else ""
    return Told(verb_title(getattr(row, "verb", "")), subject_title(row.subject_kind), name or "", link)


def _names(asked: set[tuple[str, str]], reader: User) -> dict[tuple[str, str], str]:
    projects = visible_projects(reader)
    found: dict[tuple[str, str], str] = {}
    for kind, subject in SUBJECTS.items():
        wanted = [one for of, one in asked if of == kind and is_uuid(one)]
        rows = subject.rows().filter(pk__in=wanted).filter(**{f"{subject.path}__in": projects}) if wanted else ()
        found |= {(kind, str(row.pk)): named(kind, row) for row in rows if kind in PAGES}
    return found | _accounts([one for of, one in asked if of == "user" and one.isdecimal()], reader)


def _accounts(ids: list[str], reader: User) -> dict[tuple[str, str], str]:
    """Names of accounts: all for whoever sees all, else one's own."""
    rows = User.objects.filter(pk__in=ids) if ids else User.objects.none()
    rows = rows if sees_all(reader) else rows.filter(pk=reader.pk)
    return {("user", str(row.pk)): row.username for row in rows} if ids else {}
