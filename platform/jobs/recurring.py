"""Taking recurring jobs that are due: any number of sweepers at once, each due time once."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction

from audit.services import append
from jobs.models import Job, Schedule
from jobs.recurrence import latest_due, next_due
from jobs.schedules import homed, schedule_rows
from jobs.submission import send
from models_store.errors import Forbidden, ProductError

log = logging.getLogger(__name__)
BUG = {"code": "bug", "detail": "This is a fault of the platform; the log of the worker has it."}


class OwnerGone(Forbidden):
    """Whoever owns this recurring job may not log in any more: let somebody else change it, who owns it then."""

    code = "owner_gone"


def take_due(now: datetime, *, actor: str) -> list[Job]:
    """Submit what is due, as its owner and checked anew; returns the jobs.

    Of several times that were missed, one job stands for the last. A refused body is told in `last_error`, and the
    schedule goes on.
    """
    due = schedule_rows().filter(active=True, next_due__lte=now).order_by("next_due")
    return [job for schedule in due if (job := _take(schedule, now, actor))]


@transaction.atomic
def _take(schedule: Schedule, now: datetime, actor: str) -> Job | None:
    """The job of its last due time; None where another sweeper was first, or the body was refused."""
    when = (schedule.timezone, schedule.days, schedule.at)
    untaken = Schedule.objects.filter(pk=schedule.pk, active=True, next_due=schedule.next_due)
    if not untaken.update(next_due=next_due(*when, now)):
        return None
    schedule.refresh_from_db()  # what another person changed before we held the row
    due_at = latest_due(*when, now)
    job, error = _submitted(schedule, due_at)
    Schedule.objects.filter(pk=schedule.pk).update(last_error=error)
    said = {"due_at": due_at.isoformat()} | ({"job": str(job.pk)} if job else {"error": error})
    subject = ("schedule", str(schedule.pk))
    verb = "schedule.taken" if job else "schedule.refused"
    append(actor=actor, verb=verb, subject=subject, project=schedule.project_id, detail=said)
    return job


def _submitted(schedule: Schedule, due_at: datetime) -> tuple[Job | None, dict[str, Any]]:
    """The job, or the error that its body was refused with."""
    try:
        with transaction.atomic():
            owner = schedule.submitted_by
            if not owner.is_active:
                raise OwnerGone(got=owner.username)
            job, _new = send(homed(schedule), actor=owner)
            Job.objects.filter(pk=job.pk).update(schedule=schedule, due_at=due_at)
            return job, {}
    except ProductError as refused:
        return None, _plain(refused) | {"at": due_at.isoformat()}
    except OperationalError:  # the database is busy: the next sweep takes it
        raise
    except Exception:  # one that cannot be submitted must not keep the others from it
        log.exception("recurring job %s could not be submitted", schedule.pk)
        return None, BUG | {"at": due_at.isoformat()}


def _plain(error: ProductError) -> dict[str, Any]:
    """What a person needs of it, as JSON."""
    said = error.as_dict()
    return {name: str(said[name]) for name in ("code", "detail", "field", "got") if name in said}
