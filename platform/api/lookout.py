"""One look at the rows for everybody who waits: two queries a tick, however many clients wait or listen."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import close_old_connections
from django.db.models import Exists, OuterRef, Q

from jobs.models import ENDED, Job, JobAfter, JobEvent, State

log = logging.getLogger(__name__)
LOOK_EVERY_S = 0.25
LOOK_SOON_S, SOON_S = (
    0.04,
    1.0,
)  # who has just begun to wait may be answered in a moment: a verdict takes a tenth of a second
MOST_EVENTS = 500  # of one look
MOST_LISTENERS = 100  # of one query
STANDS_STILL = (*ENDED, State.HELD, State.PAUSED)  # nothing more happens by itself
UNFINISHED = JobAfter.objects.filter(job=OuterRef("pk")).exclude(earlier__state=State.SUCCEEDED)
PROGRESS = ("done", "total", "unit", "eta_s")


@dataclass(frozen=True)
class News:
    """What is new in a job: its events, how far it is, and whether there will be nothing more."""

    events: tuple[JobEvent, ...]
    progress: tuple[Any, ...]
    ended: bool


@dataclass(eq=False)
class Listener:
    """Wants what comes after event `after` of a job, or when progress is no longer `progress`."""

    job_id: UUID
    after: int
    progress: tuple[Any, ...] | None
    heard: asyncio.Future[News] = field(repr=False)


class Lookout:
    """Belongs to one event loop; looks only while somebody waits, in a thread of its own."""

    def __init__(self) -> None:
        self.waiting: dict[asyncio.Future[None], UUID] = {}
        self.listening: set[Listener] = set()
        self._eyes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lookout")
        self.watch: asyncio.Task[None] | None = None
        self.soon_until = 0.0

    async def settled(self, job_id: UUID, within_s: float) -> bool:
        """Whether the job came to rest within so many seconds."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting[future] = job_id
        self.soon_until = time.monotonic() + SOON_S
        self._begin()
        try:
            await asyncio.wait_for(future, within_s)
        except TimeoutError:
            return False
        finally:
            self.waiting.pop(future, None)
        return True

    async def news(self, job_id: UUID, after: int, progress: tuple[Any, ...] | None, within_s: float) -> News | None:
        """What is new; None where nothing was within so many seconds."""
        listener = Listener(job_id, after, progress, asyncio.get_running_loop().create_future())
        self.listening.add(listener)
        self._begin()
        try:
            return await asyncio.wait_for(listener.heard, within_s)
        except TimeoutError:
            return None
        finally:
            self.listening.discard(listener)

    def _begin(self) -> None:
        if self.watch is None or self.watch.done():
            self.watch = asyncio.create_task(self._look_on())

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting or self.listening:
            waiting, listening = dict(self.waiting), tuple(self.listening)
            try:
                resting, news = await loop.run_in_executor(self._eyes, look, set(waiting.values()), listening)
            except Exception:
                log.exception("a look at the jobs failed; the next one tries again")
            else:
                for future, job_id in waiting.items():
                    if job_id in resting and not future.done():
                        future.set_result(None)
                for listener, said in news.items():
                    if not listener.heard.done():
                        listener.heard.set_result(said)
            await asyncio.sleep(LOOK_SOON_S if time.monotonic() < self.soon_until else LOOK_EVERY_S)


def look(waited_for: set[UUID], listening: tuple[Listener, ...]) -> tuple[set[UUID], dict[Listener, News]]:
    """Which of these jobs came to rest (or are gone), and what is new to each listener."""
    close_old_connections()
    try:
        wanted = waited_for | {listener.job_id for listener in listening}
        asked = Job.objects.filter(pk__in=wanted).annotate(waits=Exists(UNFINISHED))
        rows = {row["pk"]: row for row in asked.values("pk", "state", "waits", *PROGRESS)}
        resting = {job_id for job_id in waited_for if job_id not in rows or _rests(rows[job_id])}
        news: dict[Listener, News] = {}
        for start in range(0, len(listening), MOST_LISTENERS):  # states first: what came before an end is then seen
            news |= _heard(listening[start : start + MOST_LISTENERS], rows)
        return resting, news
    finally:
        close_old_connections()


def _rests(row: dict[str, Any]) -> bool:
    """Whether nothing more happens by itself; a job that is held for earlier jobs goes on when they succeed."""
    return row["state"] in STANDS_STILL and not (row["state"] == State.HELD and row["waits"])


def _heard(listening: tuple[Listener, ...], rows: dict[UUID, dict[str, Any]]) -> dict[Listener, News]:
    wanted = reduce(or_, (Q(job=listener.job_id, pk__gt=listener.after) for listener in listening))
    events = list(JobEvent.objects.filter(wanted).order_by("pk")[:MOST_EVENTS])
    whole = len(events) < MOST_EVENTS
    found = {}
    for listener in listening:
        row = rows.get(listener.job_id)
        own = tuple(one for one in events if one.job_id == listener.job_id and one.pk > listener.after)
        progress = tuple(row[name] for name in PROGRESS) if row else ()
        ended = whole and (row is None or row["state"] in ENDED)
        if own or ended or progress != listener.progress:
            found[listener] = News(own, progress, ended)
    return found
