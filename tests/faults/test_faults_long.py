"""Faults of workers, broker, sweepers and web process, for real and in full: `make test-faults`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from deploy.home import Home
from tests.faults import broker_faults, storms, web_faults
from tests.faults.judged import holds
from tests.faults.late import LateWorker, Sweepers
from tests.faults.running import Running, prepared, started
from tests.faults.table import Row

pytestmark = pytest.mark.faults


def test_row_1_workers_killed_each_second(up, model):
    holds(up, storms.Storm(up, model, hits=30, jobs=200).settled(), hits=30)


def test_row_2_engines_of_a_training_killed(up, data):
    holds(up, storms.kill_training(up, data, number="2", kills=20, steps=5000, compare=False), hits=20)


def test_row_3_broker_killed_with_all_it_knew(up, model):
    holds(up, broker_faults.kill_broker(up, model, times=6), hits=6)


def test_row_4_broker_flushed(up, data, model):
    training = storms.train(up, data, 20_000, 4, "beside")
    holds(up, broker_faults.flush(up, model, training, jobs=200), hits=1)
    up.client.post(f"jobs/{training}/cancel")
    up.ended([training])


@pytest.mark.parametrize("frozen", [False, True], ids=["down", "frozen"])
def test_row_5_broker_does_not_answer(up, model, frozen):
    holds(up, broker_faults.without_broker(up, model, frozen=frozen, seconds=60), hits=1)


def test_row_5_broker_absent_from_the_start(tmp_path):
    home: Home = prepared(tmp_path / "home")
    nowhere = {"BROKER_URL": f"redis+socket://{tmp_path}/nobody.sock"}
    with started(home, {}, nowhere) as alone:
        holds(alone, broker_faults.absent(alone), hits=0)


@pytest.fixture(scope="module")
def race(up: Running) -> Iterator[Future[Row]]:
    """Row 7, which waits for three leases, beside row 6."""
    with Sweepers.racing(up, jobs=40, kills=12, rounds=3) as racing:
        yield racing


def test_row_6_worker_that_comes_late(up, model, race):
    for _ in range(3):
        row = LateWorker(up, model).thaw()
        assert (row.lost, row.duplicates) == (0, 0)
    holds(up, row, hits=1)


def test_row_7_sweepers_killed(up, race):
    holds(up, race.result(), hits=120)


def test_row_9_web_process_killed_between_commit_and_wake_up(up, model):
    holds(up, web_faults.kill_web(up, model, times=100), hits=100)


def test_a_worker_that_is_asked_to_stop_saves_and_leaves(up, data):
    holds(up, storms.stop_training(up, data), hits=1)


def test_row_11_training_killed_at_random_steps(up, data):
    holds(up, storms.kill_training(up, data, number="11", kills=10, steps=3000, compare=True), hits=10)
