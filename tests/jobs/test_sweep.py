"""A sweep does all of its duties, whatever becomes of one of them."""

from __future__ import annotations

import pytest

from jobs import sweep
from jobs.claim import claim_next
from jobs.models import State

pytestmark = pytest.mark.django_db


def test_a_duty_that_fails_keeps_no_other_from_being_done(queued, hands, rung, monkeypatch):
    def fails(*_: object) -> None:
        raise RuntimeError("the reasons cannot be read")

    job = queued()
    claim_next("train.cpu", "w1")
    hands.move(91)
    rung.clear()
    monkeypatch.setattr(sweep, "keep_reasons_true", fails)
    with pytest.raises(RuntimeError, match="reasons"):
        sweep.sweep("w2")
    job.refresh_from_db()
    assert job.state == State.QUEUED
    assert "train.cpu" in rung
