"""One look at the rows for everybody who waits or listens: a few queries a tick, however many clients there are."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from django.db import close_old_connections, connections
from django.db.models import Exists, OuterRef

from api.event_tail import Tail
from api.listeners import PROGRESS, Listener, News, hear
from jobs.models import ENDED, Job, JobAfter, State

log = logging.getLogger(__name__)
LOOK_EVERY_S = 0.25
LOOK_SOON_S = 0.04  # while somebody has just begun to wait: a verdict takes a tenth of a second
SOON_S = 1.0  # how long that is so
MOST_TOLD = 200  # jobs whose progress is remembered for one listener
STANDS_STILL = (*ENDED, State.HELD, State.PAUSED)  # nothing more happens by itself
UNFINISHED = JobAfter.objects.filter(job=OuterRef("pk")).exclude(earlier__state=State.SUCCEEDED)


class Lookout:
    """Belongs to one event loop; looks only while somebody waits, in a thread of its own."""

    def __init__(self) -> None:
        self.waiting: dict[asyncio.Future[None], UUID] = {}
        self.listening: set[Listener] = set()
        self.tail = Tail()
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

    async def news(self, listener: Listener, within_s: float) -> News | None:
        """What is new to a listener; None where nothing was within so many seconds.

        Whoever does not ask keeps nobody waiting and nothing in memory: what came meanwhile is read when it asks again.
        """
        heard = listener.heard = asyncio.get_running_loop().create_future()
        self.listening.add(listener)
        self._begin()
        try:
            return await asyncio.wait_for(heard, within_s)
        except TimeoutError:
            return None
        finally:
            self.listening.discard(listener)

    def _begin(self) -> None:
        if self.watch is None or self.watch.done():
            self.watch = asyncio.create_task(self._look_on())
            # once nobody waits, no connection is held for that
            self.watch.add_done_callback(lambda _: self._eyes.submit(connections.close_all))

    async def _look_on(self) -> None:
        loop = asyncio.get_running_loop()
        while self.waiting or self.listening:
            waiting, listening, behind = dict(self.waiting), tuple(self.listening), False
            try:
                resting, news = await loop.run_in_executor(
                    self._eyes, look, set(waiting.values()), listening, self.tail
                )
            except Exception:
                log.exception("a look at the jobs failed; the next one tries again")
            else:
                for future, job_id in waiting.items():
                    if job_id in resting and not future.done():
                        future.set_result(None)
                behind = tell(listening, news, self.tail.through)
            soon = time.monotonic() < self.soon_until
            await asyncio.sleep(0 if behind else LOOK_SOON_S if soon else LOOK_EVERY_S)


def tell(listening: Iterable[Listener], news: dict[Listener, News], through: int) -> bool:
    """Give everybody their news and their place; whether some are behind and want another look at once."""
    behind = False
    for listener in listening:
        said = news.get(listener)
        if said is None:
            behind = True
        elif listener.heard is not None and not listener.heard.done():  # else it left meanwhile, and its place stays
            listener.seen = said.seen
            if len(listener.told) > MOST_TOLD:  # of a project many jobs have run; what still runs is told once more
                listener.told.clear()
            listener.told.update(said.progress)
            behind = behind or said.seen < through
            if said.worth_telling:
                listener.heard.set_result(said)
    return behind


def look(waited_for: set[UUID], listening: tuple[Listener, ...], tail: Tail) -> tuple[set[UUID], dict[Listener, News]]:
    """Which of these jobs came to rest (or are gone), and what is new to each listener."""
    close_old_connections()
    try:
        wanted = waited_for | {listener.job for listener in listening if listener.job}
        asked = Job.objects.filter(pk__in=wanted).annotate(waits=Exists(UNFINISHED))
        rows = {row["pk"]: row for row in asked.values("pk", "state", "waits", *PROGRESS)} if wanted else {}
        resting = {job_id for job_id in waited_for if job_id not in rows or _rests(rows[job_id])}
        if not listening:
            tail.forget()
        return resting, hear(listening, rows, tail) if listening else {}
    finally:
        close_old_connections()


def _rests(row: dict[str, Any]) -> bool:
    """Whether nothing more happens by itself; a job that is held for earlier jobs goes on when they succeed."""
    return row["state"] in STANDS_STILL and not (row["state"] == State.HELD and row["waits"])
