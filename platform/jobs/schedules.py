"""The verbs on recurring jobs: make one, change it, rest, go on, run now, take it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import Project, Role, User
from accounts.services import require
from audit.services import append
from config import clock
from jobs.admission import admit, within
from jobs.models import Job, Schedule
from jobs.recurrence import next_due
from jobs.submission import send
from jobs.window_rules import checked_days, checked_time, checked_zone
from jobs.window_services import checked_name
from models_store.errors import Conflict, InvalidInput, NotFound

LONGEST_NAME = 100
CHANGES = ("name", "body", "timezone", "days", "at")
ONE_PROJECT = "A recurring job submits into its own project."
NO_BODY = "A recurring job needs the submission that it repeats."


def schedule_rows() -> QuerySet[Schedule]:
    """Recurring jobs with what their body says."""
    return Schedule.objects.select_related("project", "submitted_by")


@transaction.atomic
def create_schedule(
    project: Project, *, actor: User, name: Any, body: Any, timezone: Any, days: Any, at: Any
) -> Schedule:
    """A submission that recurs as its owner's, who is whoever makes it; the body is checked as if it came now."""
    require(actor, project, Role.SUBMITTER)
    schedule = Schedule(project=project, submitted_by=actor, created_at=clock.now())
    said = {"name": name, "body": body, "timezone": timezone, "days": days, "at": at}
    _put(schedule, said, actor)
    _save(schedule)
    _record("schedule.created", schedule, actor)
    return schedule


@transaction.atomic
def change_schedule(schedule: Schedule, *, actor: User, changes: Mapping[str, Any]) -> Schedule:
    """Another body or time. Whoever changes it owns it from then on: it submits with that person's rights."""
    require(actor, schedule.project, Role.SUBMITTER)
    if unknown := sorted(set(changes) - set(CHANGES)):
        raise InvalidInput("There is no such field.", code="unknown_field", field=unknown[0], expected=list(CHANGES))
    schedule = _locked(schedule)
    _put(schedule, {name: getattr(schedule, name) for name in CHANGES} | dict(changes), actor)
    schedule.submitted_by, schedule.last_error = actor, {}
    _save(schedule)
    _record("schedule.changed", schedule, actor)
    return schedule


@transaction.atomic
def rest(schedule: Schedule, *, actor: User) -> Schedule:
    """Submit nothing until it is let go on; asking twice changes nothing."""
    require(actor, schedule.project, Role.SUBMITTER)
    schedule = _locked(schedule)
    if Schedule.objects.filter(pk=schedule.pk, active=True).update(active=False):
        _record("schedule.paused", schedule, actor)
    schedule.refresh_from_db()
    return schedule


@transaction.atomic
def go_on(schedule: Schedule, *, actor: User) -> Schedule:
    """Submit again from the next time on; what fell into the rest is not made up for."""
    require(actor, schedule.project, Role.SUBMITTER)
    schedule = _locked(schedule)
    due = next_due(schedule.timezone, schedule.days, schedule.at, clock.now())
    if Schedule.objects.filter(pk=schedule.pk, active=False).update(active=True, next_due=due):
        _record("schedule.resumed", schedule, actor)
    schedule.refresh_from_db()
    return schedule


@transaction.atomic
def run_now(schedule: Schedule, *, actor: User) -> Job:
    """Submit its body once more, now, as the person who asks; its times and its last error stay as they are."""
    require(actor, schedule.project, Role.SUBMITTER)
    schedule = _locked(schedule)
    with within("body"):
        job, _new = send(homed(schedule), actor=actor)
    Job.objects.filter(pk=job.pk).update(schedule=schedule)
    _record("schedule.run", schedule, actor, {"job": str(job.pk)})
    job.refresh_from_db()
    return job


@transaction.atomic
def delete_schedule(schedule: Schedule, *, actor: User) -> None:
    """Take it away; the jobs that it submitted stay."""
    require(actor, schedule.project, Role.SUBMITTER)
    schedule = _locked(schedule)
    _record("schedule.deleted", schedule, actor)
    schedule.delete()


def _locked(schedule: Schedule) -> Schedule:
    """As it is now, and nobody else changes or takes it before the transaction ends; NotFound where it is gone."""
    found = schedule_rows().select_for_update(of=("self",)).filter(pk=schedule.pk).first()
    if found is None:
        raise NotFound(field="schedule", got=schedule.name)
    return found


def homed(schedule: Schedule) -> dict[str, Any]:
    """Its body, into its project."""
    return schedule.body | {"project": schedule.project.slug}


def _put(schedule: Schedule, said: Mapping[str, Any], actor: User) -> None:
    """Check what is said and put it into the row; one that is due just now stays due unless its times change."""
    before = schedule.timezone, schedule.days, schedule.at
    schedule.name = checked_name(said["name"], LONGEST_NAME)
    schedule.timezone = checked_zone(said["timezone"])
    schedule.days = checked_days(said["days"], field="days")
    schedule.at = checked_time(said["at"], field="at")
    schedule.body = _checked_body(said["body"], schedule.project, actor)
    when = schedule.timezone, schedule.days, schedule.at
    if when != before:
        schedule.next_due = next_due(*when, clock.now())


def _checked_body(said: Any, project: Project, actor: User) -> dict[str, Any]:
    if not isinstance(said, Mapping) or not said:
        raise InvalidInput(NO_BODY, field="body", expected="a body of POST /api/v1/jobs", got=said)
    with within("body"):
        unnamed = said.get("project") in (None, "")
        admitted = admit(dict(said) | ({"project": project.slug} if unnamed else {}), actor=actor)
        if admitted.project != project:
            raise InvalidInput(ONE_PROJECT, field="project", expected=project.slug, got=said["project"])
    return dict(said)


def _save(schedule: Schedule) -> None:
    try:
        with transaction.atomic():
            schedule.save(force_insert=schedule._state.adding)
    except IntegrityError as taken:
        said = f"Project {schedule.project.slug} has a recurring job called {schedule.name!r}."
        raise Conflict(said, field="name", got=schedule.name) from taken


def _record(verb: str, schedule: Schedule, actor: User, detail: Mapping[str, Any] | None = None) -> None:
    facts = {"name": schedule.name, "body": schedule.body}
    when = {"timezone": schedule.timezone, "days": schedule.days, "at": schedule.at}
    append(
        actor=actor.username,
        verb=verb,
        subject=("schedule", str(schedule.pk)),
        project=schedule.project_id,
        detail=detail or facts | when,
    )
