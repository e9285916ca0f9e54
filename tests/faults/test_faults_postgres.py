"""Rows 1, 6, 7 and 9 once more on PostgreSQL, where locks are of rows and many write at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from tests import postgres
from tests.faults import storms, web_faults
from tests.faults.apart import platform, ready_data, tiny_model
from tests.faults.judged import holds
from tests.faults.late import LateWorker, Sweepers
from tests.faults.running import WORKERS, Running
from tests.faults.table import Row

PROGRAMS = postgres.binaries()
pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(PROGRAMS is None, reason="PostgreSQL is not installed here (postgres, initdb)"),
]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A platform on a PostgreSQL server of its own."""
    server = postgres.Server(PROGRAMS)
    settings = {"DATABASE_URL": server.url(), "KILNMARK_TEST_WEB_SETTINGS": "tests.faults.dying_settings"}
    place: Path = tmp_path_factory.mktemp("postgres") / "home"
    try:
        with platform(place, settings, WORKERS) as up:
            yield up
    finally:
        server.stop()


@pytest.fixture(scope="module")
def made(elsewhere: Running) -> str:
    """The id of a tiny model's version there."""
    return tiny_model(elsewhere, ready_data(elsewhere))


def test_row_1_workers_killed_each_second_on_postgres(elsewhere, made):
    holds(elsewhere, storms.Storm(elsewhere, made, hits=30, jobs=200).settled(), hits=30)


@pytest.fixture(scope="module")
def race(elsewhere: Running) -> Iterator[Future[Row]]:
    """Row 7, which waits for two leases, beside row 6."""
    with Sweepers.racing(elsewhere, jobs=40, kills=8, rounds=2) as racing:
        yield racing


def test_row_6_worker_that_comes_late_on_postgres(elsewhere, made, race):
    holds(elsewhere, LateWorker(elsewhere, made).thaw(), hits=1)


def test_row_7_sweepers_killed_on_postgres(elsewhere, race):
    holds(elsewhere, race.result(), hits=80)


def test_row_9_web_process_killed_between_commit_and_wake_up_on_postgres(elsewhere, made):
    holds(elsewhere, web_faults.kill_web(elsewhere, made, times=30), hits=30)
