"""What of the log a person may see."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from accounts.models import Membership, Role, User
from accounts.services import is_auditor, sees_all, visible_projects
from audit.models import AuditEvent, HourlyCount


def events_seen_by(person: User) -> QuerySet[AuditEvent]:
    """Events of the person's projects, and what the person did; all of them for auditors, operators and superusers."""
    return AuditEvent.objects.filter(reduce(or_, ways_to_events(person)))


def counts_seen_by(person: User) -> QuerySet[HourlyCount]:
    """Counts of what the person did, of projects that the person reviews or owns, and of the own account."""
    return HourlyCount.objects.filter(reduce(or_, ways_to_counts(person)))


def ways_to_events(person: User) -> list[Q]:
    """The conditions of which one has to hold; each is read by an index, newest first."""
    if sees_all(person):
        return [Q()]
    projects = visible_projects(person).values_list("pk", flat=True)
    return [Q(actor=person.username), *(Q(project_id=project) for project in projects)]


def ways_to_counts(person: User) -> list[Q]:
    """The same for counts: who read what is for auditors and superusers, not for whoever runs the queues."""
    if is_auditor(person):
        return [Q()]
    roles = Membership.objects.filter(user=person, role__in=(Role.REVIEWER, Role.OWNER))
    projects = roles.values_list("project", flat=True)
    own = [Q(actor=person.username), Q(subject_kind="user", subject_id=str(person.pk))]
    return [*own, *(Q(project_id=project) for project in projects)]
