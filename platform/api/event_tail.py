"""The events of all jobs in the order in which they count: what is new is read once, for everybody who listens."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Max

from jobs.models import JobEvent

STEP = 1000  # events of one look
GAP_S = 5.0  # so long a missing id is waited for, whatever else runs in the database
MARGIN = 200  # ids before the newest that may still be missing when somebody begins to listen
SNAPSHOT = "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() s"


@dataclass(frozen=True)
class Place:
    """Where an event stands, without what it says."""

    id: int
    job: UUID
    project: UUID
    type: str


@dataclass(frozen=True)
class Sighting:
    """When ids up to `newest` had been seen, and the first transaction that had not begun by then."""

    at: float
    newest: int
    next_transaction: int


class Tail:
    """How far the events of all jobs have been read; belongs to one thread.

    PostgreSQL gives an id before its transaction commits, so a smaller one may appear after a larger one. What stands
    behind a missing id is held back until it is there, or the transactions that ran when it was missing have ended:
    nobody's place passes over an event that is yet to come. SQLite has one writer, whose ids come in order.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.through, self.whole = -1, False
        self._clock, self._sightings = clock, deque[Sighting]()
        self._floor = self._oldest = 0  # the id up to which nothing is yet to come; the oldest transaction that runs

    def forget(self) -> None:
        """Nobody listens: the next step begins near the end."""
        self.__init__(self._clock)  # type: ignore[misc]

    def step(self) -> list[Place]:
        """The next events of everybody, STEP at most; `whole` says whether there are none behind them."""
        orderly = connection.vendor == "sqlite"
        if self.through < 0:
            self.through = newest() if orderly else max(0, newest() - MARGIN)
        seen = places(self.through, most=STEP)
        if orderly or not seen:
            taken = seen
        else:
            self._settle()
            taken = unbroken(seen, self.through, self._floor)
            self._sight(seen[-1].id)
        self.whole = len(taken) == len(seen) < STEP
        if taken:
            self.through = taken[-1].id
        return taken

    def _settle(self) -> None:
        now = self._clock()
        while self._sightings:
            one = self._sightings[0]
            if self._oldest < one.next_transaction and now - one.at < GAP_S:
                return
            self._floor = max(self._floor, self._sightings.popleft().newest)

    def _sight(self, last: int) -> None:
        """After the events were read: whatever was being written then has a smaller number than the next one."""
        with connection.cursor() as cursor:
            cursor.execute(SNAPSHOT)
            self._oldest, next_transaction = cursor.fetchone()
        self._sightings.append(Sighting(self._clock(), last, next_transaction))


def newest() -> int:
    """The largest id."""
    return JobEvent.objects.aggregate(last=Max("pk"))["last"] or 0


def places(after: int, *, through: int | None = None, most: int) -> list[Place]:
    """Where events with ids beyond `after` (and up to `through`) stand, in order."""
    rows = JobEvent.objects.filter(pk__gt=after).order_by("pk")
    if through is not None:
        rows = rows.filter(pk__lte=through)
    return [Place(*one) for one in rows.values_list("pk", "job", "job__project", "type")[:most]]


def unbroken(seen: list[Place], after: int, floor: int) -> list[Place]:
    """Those before the first id that is missing and may still come: the ones up to `floor` do not."""
    due = after + 1
    for count, place in enumerate(seen):
        if place.id > due and place.id - 1 > floor:
            return seen[:count]
        due = place.id + 1
    return seen
