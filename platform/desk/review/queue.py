"""The queue of the desk: what waits, oldest first, by kind and project, with what holds in each project."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from accounts.models import Membership, Project, Role, User
from audit.models import ProjectPolicy
from audit.policies import policies
from desk.job.parameter_fields import chinese
from desk.people.roles import projects_as
from desk.review.facts import BUTTONS, card, subjects, waiting_for
from desk.review.subjects import word
from models_store.ids import is_uuid

PAGE = 10


def asked(place: Mapping[str, str]) -> dict[str, str]:
    """What the filter says in the query of a place."""
    said = {name: place.get(name, "").replace("\0", "")[:64] for name in ("kind", "project")}
    return {name: value for name, value in said.items() if value}


def queue(user: User, said: dict[str, str], start: str) -> dict[str, Any]:
    """PAGE cards from a request on; a number of queries that PAGE bounds."""
    rows = waiting_for(user).order_by("pk")
    rows = rows.filter(subject_kind=said["kind"]) if "kind" in said else rows
    rows = (
        rows.filter(project_id__in=Project.objects.filter(slug=said["project"]).values("pk"))
        if "project" in said
        else rows
    )
    shown = list((rows.filter(pk__gte=start) if is_uuid(start) else rows)[: PAGE + 1])
    things, here = subjects(shown[:PAGE]), _here({one.project_id for one in shown[:PAGE]}, user)
    cards = [
        card(one.subject_kind, things[key], user, one) | here.get(one.project_id, {})
        for one in shown[:PAGE]
        if (key := (one.subject_kind, one.subject_id)) in things
    ]
    following = urlencode(said | {"from": str(shown[PAGE].pk)}) if len(shown) > PAGE else ""
    return {"cards": cards, "next": following, "first": urlencode(said) if is_uuid(start) else None}


def marked(cards: Sequence[dict[str, Any]], kind: str, subject: str, sent: Mapping[str, str], error: str) -> bool:
    """Put what was typed and the error on the card that a form (`sent`) was of; False where it is not among these."""
    wanted = (kind, subject, sent.get("request", ""))
    for one in cards:
        if (one["kind"], str(one["subject"].pk), str(one["request"].pk)) == wanted:
            one |= {"typed": sent.get("comment", ""), "error": error}
            return True
    return False


def choices(user: User) -> dict[str, list[tuple[str, str]]]:
    """What can be filtered by: kinds, and the projects in which the person reviews."""
    projects = projects_as(user, Role.REVIEWER).order_by("slug").values_list("slug", "title")
    return {
        "kinds": [(kind, word(kind)) for kind in BUTTONS],
        "projects": [(slug, title or slug) for slug, title in projects],
    }


def _here(projects: Collection[UUID], user: User) -> dict[UUID, dict[str, Any]]:
    """Of each project its name, the policies that hold there, and who else may decide; three queries."""
    titles = {cls.name: (chinese() and cls.title_zh) or cls.title for cls in policies().values()}
    said: dict[UUID, dict[str, Any]] = {
        row.pk: {"project": row, "policies": [], "others": []} for row in Project.objects.filter(pk__in=projects)
    }
    for row in ProjectPolicy.objects.filter(project_id__in=projects):
        said[row.project_id]["policies"].append(titles.get(row.name, row.name))
    deciders = Membership.objects.filter(
        project__in=projects, role__in=(Role.REVIEWER, Role.OWNER), user__is_active=True
    )
    for member in deciders.exclude(user=user).select_related("user").order_by("user__username"):
        said[member.project_id]["others"].append(member.user.username)
    return said
