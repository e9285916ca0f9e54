"""Rows 8a, 10, 13 and 14: faults for which a platform of its own is set up."""

from __future__ import annotations

import pytest

from tests import postgres
from tests.faults import clocks, databases, disks, killers
from tests.faults.apart import platform, ready_data, tiny_model, training
from tests.faults.judged import holds

pytestmark = pytest.mark.faults
PROGRAMS = postgres.binaries()
needs_postgres = pytest.mark.skipif(PROGRAMS is None, reason="PostgreSQL is not installed here (postgres, initdb)")
HUGE = {"width": 160, "batch_size": 2}  # at 128 px: weights and optimisers alone are more than is allowed


@pytest.fixture
def server():
    """A PostgreSQL server of this test."""
    made = postgres.Server(PROGRAMS)
    yield made
    made.stop()


@needs_postgres
def test_row_8_a_restart_of_postgres_ends_no_attempt(tmp_path, server):
    with platform(tmp_path / "home", {"DATABASE_URL": server.url()}) as up:
        data = ready_data(up)
        row = databases.restart_postgres(up, server, data, tiny_model(up, data), times=3)
        holds(up, row, hits=6, within_s=15)


@needs_postgres
@pytest.mark.skipif(clocks.compiler() is None, reason="there is no C compiler to shift a clock with")
def test_row_14_nobody_believes_the_clock_of_a_worker(tmp_path, server):
    settings = {"DATABASE_URL": server.url()}
    assert clocks.told(clocks.shifted(tmp_path, 3600)) == pytest.approx(3600, abs=60)
    with platform(tmp_path / "home", settings) as up, clocks.wrong_workers(up, settings, tmp_path):
        row = clocks.work_with_wrong_clocks(up, tiny_model(up, ready_data(up)), jobs=60)
        holds(up, row, hits=3)


def test_row_10_jobs_that_cannot_end_well_end_with_their_reason(tmp_path):
    settings = {"KILNMARK_CHILD_MEMORY_MB": str(killers.MEMORY_MB)}
    with platform(tmp_path / "home", settings, {"generate": 2}) as up:
        greedy = training(ready_data(up, size_px=128), **HUGE)
        for row in killers.others_beside(up, tiny_model(up, ready_data(up)), greedy, jobs=60):
            holds(up, row, hits=1)


@pytest.mark.skipif(not disks.may_mount(), reason="only root may mount a small disk")
def test_row_13_a_full_disk_fails_one_job_and_leaves_nothing_half_done(tmp_path):
    with disks.small_disk(tmp_path / "small", 300) as place, platform(place / "home", {}) as up:
        holds(up, disks.fill_amid_work(up, tiny_model(up, ready_data(up)), waiting=5), hits=1, within_s=60)
