"""What is new in the events of all jobs: nothing is passed over, in what order ever transactions end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Project, User
from api.event_tail import GAP_S, Place, Tail, unbroken
from api.listeners import Listener
from api.lookout import Lookout, look
from api.stream import stream
from jobs.models import Job, JobEvent
from tests import builders

NOBODY = UUID(int=0)


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """A queued job."""
    return builders.job(project, submitter)


def note(job: Job) -> int:
    """Something happens."""
    return JobEvent.objects.create(job=job, type="log", at=job.created_at, data={}).pk


def ids(*numbers: int) -> list[Place]:
    """Events of those ids."""
    return [Place(number, NOBODY, NOBODY, "log") for number in numbers]


@pytest.mark.parametrize(
    ("seen", "after", "floor", "taken"),
    [
        ((4, 5, 6), 3, 0, 3), ((4, 6), 3, 0, 1), ((5, 6), 3, 0, 0), ((5, 6), 3, 4, 2), ((4, 6, 8), 3, 5, 2),
        ((4, 6, 8), 3, 7, 3), ((), 3, 0, 0),
    ],
)  # fmt: skip
def test_what_stands_behind_a_missing_id_waits_unless_nothing_can_come_there(
    seen: tuple[int, ...], after: int, floor: int, taken: int
) -> None:
    assert unbroken(ids(*seen), after, floor) == ids(*seen)[:taken]


@pytest.mark.django_db(transaction=True)
def test_the_tail_reads_each_event_once(job: Job) -> None:
    tail = Tail()
    tail.step()
    made = [note(job) for _ in range(3)]
    found = [place.id for _ in range(3) for place in tail.step()]
    assert [one for one in found if one in made] == made


class Late:
    """A transaction of another connection that has written an event, and ends when it is told to."""

    def __init__(self, job: Job, *, keeps: bool) -> None:
        self.job, self.keeps, self.pk = job, keeps, 0
        self.written, self.go_on = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._write)
        self.thread.start()
        assert self.written.wait(30)

    def _write(self) -> None:
        try:
            with transaction.atomic():
                self.pk = note(self.job)
                self.written.set()
                self.go_on.wait(30)
                transaction.set_rollback(not self.keeps)
        finally:
            connection.close()

    def end(self) -> None:
        """Commit, or roll back."""
        self.go_on.set()
        self.thread.join(30)


@pytest.fixture
def two_writers() -> None:
    """Only where two transactions write at the same time."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")


def until(tail: Tail, wanted: int) -> list[int]:
    """Steps until this event is told; what was told by then."""
    told: list[int] = []
    for _ in range(1000):
        told += [place.id for place in tail.step()]
        if wanted in told:
            return told
    raise AssertionError(f"event {wanted} is not told")


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_committed_late_is_told_before_later_ones(two_writers: None, job: Job) -> None:
    tail = Tail()
    until(tail, note(job))
    late = Late(job, keeps=True)
    later = note(job)
    early = [place.id for _ in range(3) for place in tail.step()]
    late.end()
    assert early == []
    assert until(tail, later) == [late.pk, later]


@pytest.mark.django_db(transaction=True)
def test_an_event_that_was_taken_back_holds_nothing_up(two_writers: None, job: Job) -> None:
    tail = Tail(clock=lambda: 0.0)  # no time passes: that its transaction has ended is what counts
    until(tail, note(job))
    late = Late(job, keeps=False)
    later = note(job)
    tail.step()
    late.end()
    assert until(tail, later) == [later]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_does_not_end_holds_events_up_for_a_while_only(two_writers: None, job: Job) -> None:
    now = [0.0]
    tail = Tail(clock=lambda: now[0])
    until(tail, note(job))
    late = Late(job, keeps=False)
    later = note(job)
    assert tail.step() == []
    now[0] = 2 * GAP_S
    told = until(tail, later)
    late.end()
    assert told == [later]


@pytest.mark.django_db(transaction=True)
def test_a_look_costs_the_same_however_many_listen(
    project: Project, submitter: User, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    jobs = [builders.job(project, submitter) for _ in range(20)]
    tail = Tail()
    tail.step()
    listening = tuple(Listener(job=one.pk, seen=tail.through) for one in jobs)
    listening += tuple(Listener(project=project.pk, seen=tail.through) for _ in range(20))
    for one in jobs:
        note(one)
    with django_assert_max_num_queries(5):  # jobs, places, the transactions that run, events, running jobs
        _, news = look(set(), listening, tail)
        _, more = look(set(), (), tail)
    assert (len(news), more) == (40, {})


@pytest.mark.django_db(transaction=True)
def test_a_quiet_stream_says_that_it_lives_and_where_it_stands(job: Job) -> None:
    async def story() -> list[bytes]:
        telling = stream(Lookout(), Listener(job=job.pk, seen=0), heartbeat_s=0.3)
        said = [await anext(telling)]
        while not said[-1].endswith(b": still here\n\n"):
            said.append(await anext(telling))
        await telling.aclose()
        return said

    last = note(job)
    said = asyncio.run(asyncio.wait_for(story(), 30))
    assert said[0].startswith(b"retry: ")
    assert said[-1] == f"id: {last}\n: still here\n\n".encode()
