"""The morning digest: what a night brought, what failed and why, what the devices did, what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, QuerySet

from accounts.models import User
from accounts.services import sees_all, visible_projects
from config import clock
from jobs.alarms import alarms
from jobs.device_hours import Device, devices
from jobs.forecast import Scene
from jobs.models import Job, JobAfter, JobEvent, Schedule, State
from jobs.waiting import Waiting, waiting_of
from models_store.errors import InvalidInput

EVENING, NIGHT = time(18), timedelta(hours=24)
LISTED, PICTURES, PLANNED = 50, 12, 20
LOOKED_AT = 5000  # newest jobs of a state
WAITED = 1000  # jobs that wait longest: what comes next is sought among them
LONGEST = timedelta(days=31)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # nothing was before, and no zone overflows
QUESTIONS = ("verify", "estimate")  # answered on their own pages


@dataclass(frozen=True)
class Sample:
    """The latest sample grid of a training that succeeded."""

    job: Job
    step: int


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What is to come: a queued job with what is expected of it, or a recurring job that is due."""

    job: Job | None = None
    schedule: Schedule | None = None
    waiting: Waiting | None = None

    @property
    def at(self) -> datetime | None:
        """When it is expected to begin."""
        if self.schedule:
            return self.schedule.next_due
        return self.waiting.start.p50 if self.waiting and self.waiting.start else None


@dataclass(frozen=True, kw_only=True)
class Digest:
    """From `begin` to `end`; lists are cut at LISTED, `counts` are not."""

    begin: datetime
    end: datetime
    counts: dict[str, int]
    held: list[Job]
    finished: list[Job]
    failed: list[Job]
    running: list[Job]
    samples: list[Sample]
    devices: list[Device]
    plan: list[Planned]
    alarms: list[str]


def evening_before(now: datetime) -> datetime:
    """Yesterday at 18:00 in the digest's zone."""
    zone = ZoneInfo(settings.DIGEST_ZONE)
    return datetime.combine(now.astimezone(zone).date() - timedelta(days=1), EVENING, zone)


def digest(actor: User | None, *, begin: datetime | None = None, end: datetime | None = None) -> Digest:
    """The digest of a person's projects, or (None) of the whole platform; since yesterday evening unless told."""
    now = clock.now()
    end = min(end or now, now)
    field, begin = ("from", begin) if begin else ("to", evening_before(max(end, EARLIEST)))
    if not EARLIEST <= begin < end or end - begin > LONGEST:
        got = f"{begin.isoformat()} to {end.isoformat()}"
        expected = f"at most {LONGEST.days} days"
        raise InvalidInput("A digest goes from one time to a later one.", field=field, expected=expected, got=got)
    everything = actor is None or sees_all(actor)
    projects = None if everything else list(visible_projects(actor).values_list("pk", flat=True))
    jobs = Job.objects.exclude(kind__in=QUESTIONS).select_related("project", "submitted_by", "window")
    jobs = jobs if projects is None else jobs.filter(project__in=projects)
    finished, failed = _ended(jobs, (State.SUCCEEDED,), begin, end), _ended(jobs, FAILED, begin, end)
    running = jobs.filter(state=State.RUNNING).order_by("pk")
    waiting = jobs.filter(state=State.QUEUED)
    held = waiting_for_a_person(jobs)
    return Digest(
        begin=begin,
        end=end,
        counts={
            "finished": finished.count(), "failed": failed.count(), "running": running.count(),
            "queued": waiting.order_by().values("pk")[:LOOKED_AT].count(),
            "held": held.order_by().values("pk")[:LOOKED_AT].count(),
        },
        held=list(held[:LISTED]),
        finished=list(finished[:LISTED]),
        failed=list(failed[:LISTED]),
        running=list(running[:LISTED]),
        samples=_samples(finished.filter(kind="train")[:PICTURES]),
        devices=devices(begin, end, projects),
        plan=_plan(waiting, now, projects),
        alarms=alarms(begin, end, projects),
    )  # fmt: skip


FAILED = (State.FAILED, State.ERRORED)


def waiting_for_a_person(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Jobs that wait for a person's decision, oldest first; not those that wait for earlier jobs alone."""
    unfinished = JobAfter.objects.filter(job=OuterRef("pk")).exclude(earlier__state=State.SUCCEEDED)
    return jobs.filter(~Exists(unfinished), state=State.HELD).order_by("pk")


def _ended(jobs: QuerySet[Job], states: tuple[str, ...], begin: datetime, end: datetime) -> QuerySet[Job]:
    """Newest first, among the newest LOOKED_AT of those states."""
    newest = Job.objects.filter(state__in=states).order_by("-pk").values("pk")[:LOOKED_AT]
    return jobs.filter(pk__in=newest, finished_at__gte=begin, finished_at__lt=end).order_by("-finished_at")


def _samples(trained: Iterable[Job]) -> list[Sample]:
    jobs = {job.pk: job for job in trained}
    grids = JobEvent.objects.filter(job__in=list(jobs), type="sample").order_by()
    newest = grids.values("job").annotate(newest=Max("pk")).values("newest")
    steps: dict[UUID, Any] = dict(JobEvent.objects.filter(pk__in=newest).values_list("job", "data__step"))
    return [Sample(job, steps[pk]) for pk, job in jobs.items() if pk in steps]


def _plan(waiting: QuerySet[Job], now: datetime, projects: list[UUID] | None) -> list[Planned]:
    """Queued jobs, those bound to a window first, and recurring ones of the next day; by when they are expected."""
    line = ("-priority", "position", "pk")
    longest = waiting.order_by("pk").values("pk")[:WAITED]
    near = Job.objects.filter(pk__in=longest).select_related("project", "submitted_by", "window").order_by(*line)
    bound = list(near.exclude(window=None)[:PLANNED])
    free = list(near.filter(window=None)[: PLANNED - len(bound)])
    scene = Scene.take()
    planned = [Planned(job=job, waiting=waiting_of(job, scene)) for job in [*bound, *free]]
    due = Schedule.objects.filter(active=True, next_due__lt=now + NIGHT).select_related("project").order_by("next_due")
    due = due if projects is None else due.filter(project__in=projects)
    planned += [Planned(schedule=one) for one in due[:PLANNED]]
    return sorted(planned, key=lambda one: (one.at is None, one.at or now))
