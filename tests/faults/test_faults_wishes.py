"""Rows 8b and 12 on the common platform: a lock that somebody else holds, and cancelling at the worst moments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults import databases, wishes
from tests.faults.apart import pictures, training
from tests.faults.judged import holds

pytestmark = pytest.mark.faults


def test_row_8_a_lock_held_by_another_process_is_waited_for(up, data, model):
    holds(up, databases.lock_sqlite(up, data, model, times=3), hits=3, within_s=15)


def test_row_12_what_waits_never_runs(up, model):
    holds(up, wishes.cancel_queued(up, model, times=10), hits=8, within_s=5)


def test_row_12_generating_stops_within_a_beat(up, model):
    holds(up, wishes.cancel_running(up, [pictures(model, wishes.LONG)] * 5), hits=5, within_s=10)


def test_row_12_training_stops_within_a_beat(up, data):
    row = wishes.cancel_running(up, [training(data, steps=100_000)] * 2)
    holds(up, replace(row, number="12b+"), hits=2, within_s=20)


def test_row_12_what_a_dead_worker_had_is_not_taken_up_again(up, model):
    holds(up, wishes.cancel_without_worker(up, model, times=3), hits=3, within_s=45)


def test_row_12_a_restart_forgets_no_wish(up, model):
    holds(up, wishes.cancel_around_restart(up, model), hits=3, within_s=60)
