"""Which projects a person holds a role in: for lists, forms and buttons (services check it again)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Project, Role, User
from accounts.services import RANK, projects_owned, sees_all


def projects_as(user: User, role: str) -> QuerySet[Project]:
    """The projects in which the person holds `role` or more; all of them for a superuser, and for whoever looks."""
    if user.is_superuser or (role == Role.VIEWER and sees_all(user)):
        return Project.objects.all()
    enough = [name for name in Role.values if RANK[name] >= RANK[role]]
    return Project.objects.filter(membership__user=user, membership__role__in=enough)


def sees_accounts(request: HttpRequest) -> bool:
    """Whether the sidebar offers the list of accounts."""
    return sees_all(request.user)  # type: ignore[arg-type]


def keeps_service_accounts(request: HttpRequest) -> bool:
    """Whether the sidebar offers service accounts: to owners, and to those who see all."""
    user = request.user
    return bool(user.is_authenticated) and (sees_all(user) or projects_owned(user).exists())  # type: ignore[arg-type]
