"""Who sees what lies in projects without being in them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import User


def watchers() -> QuerySet[User]:
    """People who see every project: auditors, operators, superusers."""
    rows = User.objects.filter(is_active=True).filter(Q(is_superuser=True) | ~Q(platform_role=""))
    return rows.order_by("username")
