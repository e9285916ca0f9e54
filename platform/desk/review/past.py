"""Decisions that were made: who decided what, when and why, and what can still be done about it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Project, User
from accounts.services import sees_all, visible_projects
from audit.models import Review
from desk.log.told import Told
from desk.review.facts import BUTTONS, DECIDED
from desk.review.subjects import word
from models_store.ids import is_uuid

NAMES = ("who", "kind", "project", "decision")
COLOURS = {"approve": "success", "confirm": "success", "reject": "danger", "withdraw": "danger", "revoke": "danger"}


def asked(request: HttpRequest) -> dict[str, str]:
    """What the filter says."""
    said = {name: request.GET.get(name, "").replace("\0", "").strip()[:150] for name in NAMES}
    return {name: value for name, value in said.items() if value}


def filtered(said: dict[str, str]) -> QuerySet[Review]:
    """Decisions that fit."""
    rows, fields = Review.objects.all(), {"who": "reviewer", "kind": "subject_kind", "decision": "decision"}
    rows = rows.filter(**{fields[name]: value for name, value in said.items() if name in fields})
    if "project" not in said:
        return rows
    return rows.filter(project_id__in=list(Project.objects.filter(slug=said["project"]).values_list("pk", flat=True)))


def ways(user: User) -> list[Q]:
    """Those of one's projects, and one's own; each is read by an index."""
    if sees_all(user):
        return [Q()]
    projects = visible_projects(user).values_list("pk", flat=True)
    return [Q(reviewer=user.username), *(Q(project_id=project) for project in projects)]


def known(key: str) -> str | None:
    """A key of a row, as addresses name it."""
    return key if is_uuid(key) else None


def choices(user: User) -> dict[str, list[tuple[str, str]]]:
    """What the lists of the filter offer."""
    projects = visible_projects(user).order_by("slug").values_list("slug", "title")
    return {
        "kinds": [(kind, word(kind)) for kind in BUTTONS],
        "projects": [(slug, title or slug) for slug, title in projects],
        "decisions": [(name, _(said)) for name, said in DECIDED.items()],
    }


def lines(rows: list[tuple[Review, Told]], user: User) -> list[dict[str, Any]]:
    """Each decision in words; one query for the names of projects."""
    projects = dict(
        visible_projects(user).filter(pk__in={row.project_id for row, _told in rows}).values_list("pk", "slug")
    )
    return [
        {
            "row": row,
            "told": told,
            "decided": _(DECIDED.get(row.decision, row.decision)),
            "colour": COLOURS.get(row.decision, "default"),
            "project": projects.get(row.project_id, ""),
            "then": still_possible(row),
        }
        for row, told in rows
    ]


def still_possible(row: Review) -> str:
    """What can be done about a decision: none is undone silently, a later one follows it in the log."""
    return {
        ("dataset_version", "approve"): _("A later decision on its page takes its place."),
        ("dataset_version", "reject"): _("A later decision on its page takes its place."),
        ("model_version", "approve"): _("It can be retired or revoked on its page."),
        ("model_version", "confirm"): _("It can be retired or revoked on its page."),
        ("model_version", "reject"): _("It can still be approved on its page."),
        ("model_version", "retire"): _("It cannot be taken back; train a new version."),
        ("model_version", "revoke"): _("It cannot be taken back: files that it made say so already."),
        ("job", "approve"): _("The job can be cancelled as long as it has not ended."),
        ("job", "reject"): _("It cannot be taken back; the job can be submitted again."),
        ("artifact", "approve"): _("It can still be withdrawn on its page."),
        ("artifact", "withdraw"): _("It cannot be taken back: whoever verifies the file is told already."),
        ("alias", "approve"): _("The name can be moved again; a second person approves that too."),
        ("alias", "reject"): _("It can be proposed again."),
    }.get((row.subject_kind, row.decision), "")
