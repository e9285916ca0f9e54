"""Waiting for my review: the first of the desk with their age, and drafts that nobody decided on."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import Role, User
from audit.models import ReviewRequest
from catalog.models import ModelVersion, Stage
from desk.people.roles import projects_as
from desk.review.facts import own_work, subjects, waiting_for
from desk.review.subjects import link_to, named, word

SHOWN = 5
COUNTED = 100


def to_review(user: User) -> dict[str, Any]:
    """Oldest first."""
    rows = list(waiting_for(user).order_by("pk")[:SHOWN])
    things = subjects(rows)
    return {
        "requests": [
            {
                "request": one,
                "word": word(one.subject_kind),
                "title": named(one.subject_kind, things[_key(one)]) if _key(one) in things else one.subject_id,
                "link": link_to(one.subject_kind, one.subject_id),
                "own": _key(one) in things and own_work(one.subject_kind, things[_key(one)], user),
            }
            for one in rows
        ],
        "count": waiting_for(user).order_by().values("pk")[:COUNTED].count(),
        "more": COUNTED,
        "reviews": projects_as(user, Role.REVIEWER).exists(),
    }


def _key(request: ReviewRequest) -> tuple[str, str]:
    return request.subject_kind, request.subject_id


def drafts(user: User) -> list[ModelVersion]:
    """Drafts that this person, as a second one, may decide on."""
    found = ModelVersion.objects.filter(stage=Stage.DRAFT, model__project__in=projects_as(user, Role.REVIEWER))
    own = Q(created_by=user) | Q(dataset_version__created_by=user) | Q(dataset_version__dataset__created_by=user)
    return list(found.exclude(own).select_related("model", "created_by")[:SHOWN])
