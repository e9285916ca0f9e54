"""A few of each: what `make test-faults` does in full, in about a minute. The leases are those of production."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.faults import broker_faults, storms
from tests.faults.late import LateWorker, Sweepers
from tests.faults.running import Running
from tests.faults.table import Row, keep


@pytest.fixture(scope="module")
def race(up: Running) -> Iterator[Future[Row]]:
    """Claims that lapse, and sweepers that race for them, while the other tests run."""
    abandoned = Sweepers(up, jobs=20)
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(abandoned.race, kills=2)


@pytest.fixture(scope="module")
def late(up: Running, model: str, race: Future[Row]) -> Iterator[LateWorker]:
    """A worker that stands still while the other tests run."""
    stopped = LateWorker(up, model)
    yield stopped
    stopped.wake_up()


def holds(row: Row, *, hits: int) -> None:
    """Nothing lost, nothing twice, enough hit."""
    keep(row, long=False)
    assert row.hits >= hits
    assert (row.lost, row.duplicates) == (0, 0)


def test_a_broker_that_dies_with_all_it_knew_takes_no_worker_and_no_job_along(up, model, late):
    holds(broker_faults.kill_broker(up, model, times=1), hits=1)


def test_workers_killed_amid_their_work_lose_nothing_and_leave_no_engine_behind(up, model, late):
    holds(storms.kill_workers(up, model, hits=6, jobs=12, spared=late.name), hits=6)
    assert up.orphans() == []


def test_sweepers_that_race_and_die_take_each_claim_back_once(race):
    row = race.result()
    holds(row, hits=20)
    assert row.injected == 2


def test_a_worker_that_was_stopped_beyond_its_lease_is_refused(up, late):
    holds(late.thaw(), hits=1)
