"""Who listens to events, and what each is told at a look: events as the bytes of a stream, made once for all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rest_framework.utils.encoders import JSONEncoder

from api.event_tail import Place, Tail, newest, places
from jobs.models import ENDED, Job, JobEvent, State

MOST_BEHIND = 50  # listeners that are helped on in one look
PAGE = 100  # events that somebody who is behind is given at once
WINDOW = 2000  # ids that are looked through at once for the events of a project
PROGRESS = ("done", "total", "unit", "eta_s")
Progress = tuple[Any, ...]
FROM_NOW = -1


@dataclass(eq=False, slots=True)
class Listener:
    """Wants the events of one job, or of all jobs of a project, that come after event `seen`; of `types`, {}: of all.

    `told` is the progress that was told last, by job. Only the loop writes to a listener: a look may come too late.
    """

    job: UUID | None = None
    project: UUID | None = None
    types: frozenset[str] = frozenset()
    seen: int = FROM_NOW
    told: dict[UUID, Progress] = field(default_factory=dict)
    heard: asyncio.Future[News] | None = None

    def wants(self, type_: str) -> bool:
        """Whether it asked for events of this type."""
        return not self.types or type_ in self.types


@dataclass(frozen=True, slots=True)
class News:
    """What is new to a listener, as bytes of its stream; its place afterwards, and whether nothing more will come."""

    seen: int
    events: tuple[bytes, ...] = ()
    progress: dict[UUID, Progress] = field(default_factory=dict)
    ended: bool = False

    @property
    def worth_telling(self) -> bool:
        """Whether there is more in it than a place."""
        return bool(self.events or self.progress or self.ended)


def message(kind: str, body: Mapping[str, Any]) -> bytes:
    """One message of a stream (WHATWG HTML, section 9.2); JSON holds no line break."""
    return f"event: {kind}\ndata: {json.dumps(body, cls=JSONEncoder)}\n\n".encode()


def of_event(event: JobEvent) -> bytes:
    """One event with its id."""
    said = {"job": event.job_id, "at": event.at, "data": event.data}
    return f"id: {event.pk}\n".encode() + message(event.type, said)


def hear(listening: Iterable[Listener], jobs: Mapping[UUID, Mapping[str, Any]], tail: Tail) -> dict[Listener, News]:
    """What is new to each of them. `jobs` are rows of the jobs they listen to, read before: an end is then the last."""
    everybody = list(listening)
    latest = newest() if any(one.seen == FROM_NOW for one in everybody) else 0
    started = {one: latest if one.seen == FROM_NOW else one.seen for one in everybody}
    before = tail.through if tail.through >= 0 else None
    fresh = tail.step()
    behind = [one for one in everybody if before is None or started[one] < before]
    abreast = [one for one in everybody if before is not None and started[one] >= before]
    found = told_alike(abreast, started, fresh, tail.through)
    for one in behind[:MOST_BEHIND]:
        found[one] = told_alone(one, started[one], tail.through)
    running = running_in({one.project for one in everybody if one.project and one.wants("progress")})
    for one in list(found):
        news = found[one]
        caught_up = tail.whole and news.seen >= tail.through
        found[one] = News(news.seen, news.events, moved(one, jobs, running), caught_up and over(one, jobs))
    return found


def told_alike(
    listening: list[Listener], started: Mapping[Listener, int], fresh: list[Place], through: int
) -> dict[Listener, News]:
    """For those who have heard all that came before: events are read and written once, however many want them."""
    by_job: dict[UUID, list[Listener]] = {}
    for one in listening:
        by_job.setdefault(one.job or one.project, []).append(one)  # type: ignore[arg-type]
    wanted: dict[Listener, list[int]] = {one: [] for one in listening}
    for place in fresh:
        for one in (*by_job.get(place.job, ()), *by_job.get(place.project, ())):
            if one.wants(place.type) and place.id > started[one]:
                wanted[one].append(place.id)
    said = written({pk for ids in wanted.values() for pk in ids})
    return {
        one: News(max(through, started[one]), tuple(said[pk] for pk in ids if pk in said))
        for one, ids in wanted.items()
    }


def told_alone(one: Listener, after: int, through: int) -> News:
    """For somebody who is behind: a page of their own, which ends where the page or what was looked through does."""
    if after >= through:
        return News(after)
    if one.job is not None:
        rows = JobEvent.objects.filter(job=one.job, pk__gt=after, pk__lte=through).order_by("pk")
        found = list((rows.filter(type__in=one.types) if one.types else rows)[:PAGE])
        return News(found[-1].pk if len(found) == PAGE else through, tuple(map(of_event, found)))
    seen = places(after, through=through, most=WINDOW)
    own = [place.id for place in seen if place.project == one.project and one.wants(place.type)]
    end = own[PAGE - 1] if len(own) >= PAGE else seen[-1].id if len(seen) == WINDOW else through
    said = written(own[:PAGE])
    return News(end, tuple(said[pk] for pk in own[:PAGE] if pk in said))


def written(ids: Iterable[int]) -> dict[int, bytes]:
    """Events as bytes, by their id."""
    asked = list(ids)
    return {row.pk: of_event(row) for row in JobEvent.objects.filter(pk__in=asked)} if asked else {}


def running_in(projects: set[UUID]) -> dict[UUID, dict[UUID, Progress]]:
    """How far the jobs are that run, by project."""
    found: dict[UUID, dict[UUID, Progress]] = {pk: {} for pk in projects}
    if projects:
        rows = Job.objects.filter(project__in=projects, state=State.RUNNING).order_by("pk")
        for pk, project, *progress in rows.values_list("pk", "project", *PROGRESS):
            found[project][pk] = tuple(progress)
    return found


def moved(
    one: Listener, jobs: Mapping[UUID, Mapping[str, Any]], running: Mapping[UUID, Mapping[UUID, Progress]]
) -> dict[UUID, Progress]:
    """The progress that it has not been told."""
    if not one.wants("progress"):
        return {}
    if one.job is not None:
        row = jobs.get(one.job)
        now = {one.job: tuple(row[name] for name in PROGRESS)} if row else {}
    else:
        now = dict(running.get(one.project, {}))  # type: ignore[arg-type]
    return {pk: progress for pk, progress in now.items() if one.told.get(pk) != progress}


def over(one: Listener, jobs: Mapping[UUID, Mapping[str, Any]]) -> bool:
    """Whether nothing more will come: a job has ended or is gone; a project goes on."""
    row = jobs.get(one.job) if one.job else None
    return one.job is not None and (row is None or row["state"] in ENDED)
