"""Generate jobs in a line, for tests of what is claimed together and of who makes way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from accounts.models import Project, User
from jobs.claim import Claim, claim_together
from jobs.models import Job, Window
from jobs.windows import DAYS

QUEUE = "generate.cpu"
LIKE = {"kind": "generate", "queue": QUEUE, "batch_key": "k" * 64, "forecast": {"size": 8}}
ALWAYS = [{"days": list(DAYS), "from": "00:00", "to": "24:00"}]


def taken(passed: Collection[UUID] = ()) -> list[Job]:
    """What a worker claims, in the order in which it is made."""
    claims = claims_of(passed)
    rows = Job.objects.in_bulk([claim.job_id for claim in claims])
    return [rows[claim.job_id] for claim in claims]


def claims_of(passed: Collection[UUID] = ()) -> list[Claim]:
    """The claims themselves."""
    return claim_together(QUEUE, "w1", passed)


def other_project(name: str = "other", **facts: object) -> Project:
    """One that has used nothing yet."""
    return Project.objects.create(slug=name, **facts)


def window(project: Project, owner: User, now: datetime, *, is_open: bool) -> Window:
    """Always open, or never."""
    hours = ALWAYS if is_open else []
    facts = {"project": project, "created_by": owner, "created_at": now, "timezone": "UTC"}
    return Window.objects.create(name=f"open {is_open}", hours=hours, **facts)


def soon(now: datetime) -> datetime:
    """A minute from now."""
    return now + timedelta(seconds=60)
