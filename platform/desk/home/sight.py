"""Whose jobs a card shows: those of the projects that the person sees, without questions that have their own pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from accounts.services import sees_all, visible_projects
from jobs.forecast import UNASKED
from jobs.models import Job

CUT = 1000  # rows that a card looks at, whatever there are: a crowd costs no more
ONE_BY_ONE = 50  # projects
LINE = 200  # jobs that wait longest: what is next is sought among them


@dataclass(frozen=True)
class Sight:
    """A person, and the projects that the person sees; None: all there are."""

    user: User
    projects: tuple[UUID, ...] | None

    @classmethod
    def of(cls, user: User) -> Sight:
        """One query at most."""
        return cls(user, None if sees_all(user) else tuple(visible_projects(user).values_list("pk", flat=True)))

    def within(self, rows: QuerySet[Job]) -> QuerySet[Job]:
        """The rows of these projects. One project is named alone, so that an index gives its rows in order."""
        if self.projects is None:
            return rows
        return (
            rows.filter(project=self.projects[0]) if len(self.projects) == 1 else rows.filter(project__in=self.projects)
        )

    def keys(self, rows: QuerySet[Job], order: str, count: int) -> list[UUID]:
        """The first keys of these rows by `order` (pk or -pk): project by project, as an index gives them."""
        if self.projects is None or not 1 < len(self.projects) <= ONE_BY_ONE:
            return list(self.within(rows).order_by(order).values_list("pk", flat=True)[:count])
        each = [rows.filter(project=one).order_by(order).values_list("pk", flat=True)[:count] for one in self.projects]
        return sorted((key for keys in each for key in keys), reverse=order.startswith("-"))[:count]

    def jobs(self, *states: str) -> QuerySet[Job]:
        """Jobs of some states (or of any) as cards show them."""
        rows = Job.objects.filter(state=states[0]) if len(states) == 1 else Job.objects.all()
        rows = rows.filter(state__in=states) if len(states) > 1 else rows
        return self.within(rows).exclude(kind__in=UNASKED).select_related("submitted_by", "project", "window")


def listed(keys: Iterable[UUID]) -> QuerySet[Job]:
    """Jobs by their keys alone, as cards show them: more conditions would tempt a database away from the keys."""
    found = Job.objects.filter(pk__in=keys).exclude(kind__in=UNASKED)
    return found.select_related("submitted_by", "project", "window")
