"""Row 15: what the queue costs where nothing is left over, beside a loop that has none."""

from __future__ import annotations

import pytest

from tests.faults import saturated
from tests.faults.apart import platform, ready_data, training
from tests.faults.judged import holds

pytestmark = pytest.mark.faults
LATEST_START, LEAST_RATE = 1.25, 0.85


def test_row_15_many_small_jobs_cost_little_more_than_a_loop_beside_a_training(tmp_path):
    with platform(tmp_path / "home", {}) as up:
        data = ready_data(up, size_px=32)
        fresh = training(data, **saturated.MODEL)  # its weights cost as much as trained ones
        model = str(up.client.finished(up.client.submit(fresh)["id"])["result"]["model_version"])
        found = saturated.saturate(up, data, model, tmp_path, jobs=500)
        holds(up, found.row, hits=len(saturated.TURNS), within_s=saturated.WITHIN_S)
    assert found.start <= LATEST_START
    assert found.rate >= LEAST_RATE
