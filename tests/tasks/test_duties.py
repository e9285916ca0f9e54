"""What a worker sees to beside its jobs: each thing in its time, and none because of another."""

from __future__ import annotations

import logging

import pytest

from catalog import plugins
from tests import builders
from workers.tasks import poll
from workers.tasks.poll import Duty


def test_a_duty_is_done_when_its_time_has_come_and_not_before():
    done = []
    duty = Duty(lambda: done.append(1), every_s=40.0, due_at=10.0)
    for now in (0.0, 9.0, 10.0, 30.0, 49.0, 50.0):
        duty.do(now)
    assert len(done) == 2


def test_a_duty_that_fails_is_tried_at_the_next_sweep_and_raises_nothing(caplog):
    tried = []

    def fails() -> None:
        tried.append(1)
        raise OSError("no room")

    duty = Duty(fails, every_s=40.0)
    with caplog.at_level(logging.CRITICAL):
        duty.do(1.0)
        duty.do(2.0)
    assert len(tried) == 2


@pytest.mark.django_db
def test_a_registry_that_does_not_answer_is_ended_and_what_was_announced_stays(monkeypatch, caplog):
    plugins.announce("w1", [builders.plugin("family", "dcgan")])
    monkeypatch.setattr(poll, "REGISTRY_S", 0.001)  # it has to import torch first
    with caplog.at_level(logging.CRITICAL):
        assert poll.announce("w1") == 0
    assert [row.name for row in plugins.available()] == ["dcgan"]
