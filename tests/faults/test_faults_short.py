"""A few of each: what `make test-faults` does in full, in about a minute. The leases are those of production."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from tests.faults import broker_faults, storms
from tests.faults.judged import holds
from tests.faults.late import LateWorker, Sweepers
from tests.faults.running import Running
from tests.faults.table import Row


@pytest.fixture(scope="module")
def race(up: Running) -> Iterator[Future[Row]]:
    """Claims that lapse, and sweepers that race for them, while the other tests run."""
    with Sweepers.racing(up, jobs=20, kills=2) as racing:
        yield racing


@pytest.fixture(scope="module")
def late(up: Running, model: str, race: Future[Row]) -> Iterator[LateWorker]:
    """A worker that stands still while the other tests run."""
    stopped = LateWorker(up, model)
    yield stopped
    stopped.wake_up()


@pytest.fixture(scope="module")
def storm(up: Running, model: str, late: LateWorker) -> storms.Storm:
    """A storm that has blown; the leases of the dead lapse while the other tests run."""
    return storms.Storm(up, model, hits=4, jobs=12, spared=late.name)


def test_a_broker_that_dies_with_all_it_knew_takes_no_worker_and_no_job_along(up, model, late, storm):
    holds(up, broker_faults.kill_broker(up, model, times=1), hits=1, long=False)


def test_workers_killed_amid_their_work_lose_nothing_and_leave_no_engine_behind(up, storm):
    holds(up, storm.settled(), hits=4, long=False)


def test_sweepers_that_race_and_die_take_each_claim_back_once(up, race):
    row = race.result()
    holds(up, row, hits=20, long=False)
    assert row.injected == 2


def test_a_worker_that_was_stopped_beyond_its_lease_is_refused(up, late):
    holds(up, late.thaw(), hits=1, long=False)
