"""Which projects a person holds a role in: for lists, forms and buttons (services check it again)."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import Project, Role, User
from accounts.services import RANK, holds

__all__ = ["holds", "projects_as"]


def projects_as(user: User, role: str) -> QuerySet[Project]:
    """The projects in which the person holds `role` or more; all of them for a superuser."""
    if user.is_superuser:
        return Project.objects.all()
    enough = [name for name in Role.values if RANK[name] >= RANK[role]]
    return Project.objects.filter(membership__user=user, membership__role__in=enough)
