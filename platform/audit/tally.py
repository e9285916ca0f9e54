"""Counts of what happens often (reads, failed logins): kept in memory, added to rows every few seconds.

A request only raises a number in memory; no picture of a gallery waits for a database. What a web process that is
killed had not written yet is lost: at most FLUSH_S seconds of counts. The hour of a count is that in which it is
written, by the database's clock.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from audit.models import HourlyCount
from config import clock

log = logging.getLogger(__name__)
FLUSH_S = 5.0
MOST_SUBJECTS = 1000  # that are told apart for one person, and as many groups of them, until the next hour
OTHERS = ("audit", "others")


def hour_of(at: datetime) -> datetime:
    """When the hour of a moment began."""
    return at.replace(minute=0, second=0, microsecond=0)


class Counted(NamedTuple):
    """What is counted: who did what to which subject."""

    actor: str
    verb: str
    kind: str
    id: str
    project: str  # "" for none


class Tally:
    """A buffer of counts. Of one person it tells apart a bounded number of subjects, so that nobody can fill it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Counted] = Counter()
        self._known: dict[str, set[Counted]] = {}
        self._hour = ""

    def note(
        self,
        *,
        actor: str,
        verb: str,
        subject: tuple[str, str],
        project: str | UUID | None = None,
        within: tuple[str, str] | None = None,
    ) -> None:
        """Count one. Beyond MOST_SUBJECTS, `within` (a job, say) is counted in the subject's place, then the project.

        `actor` is a name we know or "": never a text that somebody typed.
        """
        owner = str(project) if project else ""
        ways = [subject, *([within] if within else []), ("project", owner) if owner else OTHERS]
        with self._lock:
            known = self._known.setdefault(actor, set())
            for turn, (kind, name) in enumerate(ways, start=1):
                one = Counted(actor, verb, kind, name, owner)
                if one in known or len(known) < MOST_SUBJECTS * turn or turn == len(ways):
                    break
            known.add(one)
            self._counts[one] += 1

    def flush(self) -> int:
        """Add what was counted to the rows of this hour; returns how many rows. What cannot be written is kept."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        if not taken:
            return 0
        try:
            hour = hour_of(clock.now())
            with transaction.atomic():
                _add(hour, sorted(taken.items()))
        except DatabaseError:
            with self._lock:
                self._counts.update(taken)
            raise
        if hour.isoformat() != self._hour:
            with self._lock:
                self._hour, self._known = hour.isoformat(), {}
        return len(taken)


def _add(hour: datetime, counted: list[tuple[Counted, int]]) -> None:
    """One prepared statement for all; in one order, so that two processes cannot block each other."""
    field = HourlyCount._meta.get_field
    at, owner = field("hour").get_db_prep_save(hour, connection), field("project_id")
    rows = [
        (at, one.actor, one.verb, one.kind, one.id, owner.get_db_prep_save(one.project or None, connection), number)
        for one, number in counted
    ]
    table = connection.ops.quote_name(HourlyCount._meta.db_table)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (hour, actor, verb, subject_kind, subject_id, project_id, count, who) "  # noqa: S608
            "VALUES (%s, %s, %s, %s, %s, %s, %s, '') "
            "ON CONFLICT (hour, verb, actor, subject_kind, subject_id) WHERE event_id IS NULL "
            f"DO UPDATE SET count = {table}.count + EXCLUDED.count",
            rows,
        )


class Writer:
    """Writes a tally every few seconds from a thread of its own."""

    def __init__(self, counts: Tally) -> None:
        self.counts = counts
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name="tally", daemon=True)

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """Write what is left and end."""
        self.stopping.set()
        self.thread.join(FLUSH_S)

    def _run(self) -> None:
        while not self.stopping.wait(FLUSH_S):
            self._flush()
        self._flush()
        connection.close()

    def _flush(self) -> None:
        try:
            self.counts.flush()
        except Exception:
            log.exception("reads could not be counted; they are kept until they can")
            connection.close()  # it may be broken


tally = Tally()
note, flush = tally.note, tally.flush
