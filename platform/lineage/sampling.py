"""Spot checks: new artifacts, drawn at random once a week, wait for a reviewer.

The draw is a function of the artifacts' ids, the project and the time of the draw, which is in the log: anybody can
repeat it, and nobody can know it while the ids are still to be made, since those are random.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from audit import reviews
from audit.leaves import moment
from audit.models import ProjectPolicy
from audit.policies import read
from audit.services import append
from lineage.models import Artifact

EVERY = timedelta(days=7)
WHY = "drawn at random for the weekly spot check"


def sample_due(now: datetime) -> int:
    """Draw for each project whose seven days are over; returns how many artifacts now wait for a reviewer."""
    due = ProjectPolicy.objects.filter(drawn_until__lte=now - EVERY)
    return sum(_sampled(row, now) for row in due)


@transaction.atomic
def _sampled(row: ProjectPolicy, now: datetime) -> int:
    """The draw of one project; of two workers one is first, and the other draws nothing."""
    since = row.drawn_until
    if not ProjectPolicy.objects.filter(pk=row.pk, drawn_until=since).update(drawn_until=now):
        return 0
    said = {"policy": row.name, "from": moment(since), "until": moment(now)}
    append(actor="", verb="sample.drawn", subject=("project", str(row.project_id)), project=row.project_id, detail=said)
    new = Artifact.objects.filter(project=row.project_id, created_at__gt=since, created_at__lte=now, withdrawal=None)
    chosen = drawn(new.values_list("pk", flat=True).iterator(), seed(row.project_id, now), _how_many(row))
    for pk in chosen:
        reviews.ask(("artifact", str(pk)), project=row.project_id, why=WHY, policy=row.name)
    return len(chosen)


def _how_many(row: ProjectPolicy) -> int:
    return read(row.name, row.params).sampled_a_week()


def seed(project_id: UUID, at: datetime) -> bytes:
    """Of one draw, 32 bytes."""
    return hashlib.sha256(f"kilnmark sample {project_id} {moment(at)}".encode()).digest()


def drawn(ids: Iterable[UUID], seed: bytes, n: int) -> list[UUID]:
    """`n` of these, each as likely as any other: those whose SHA-256 with the seed is smallest."""
    return heapq.nsmallest(n, ids, key=lambda one: hashlib.sha256(seed + one.bytes).digest())
