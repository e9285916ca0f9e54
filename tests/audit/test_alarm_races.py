"""Alarms that several workers find to be over at once."""

from __future__ import annotations

import pytest

from audit import alarms
from audit.models import AuditEvent
from tests.jobs.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


def test_an_alarm_that_two_workers_end_at_once_ends_once() -> None:
    for number in range(ROUNDS):
        code = f"alarm {number}"
        alarms.raise_alarm(code, "something is wrong", actor="worker")
        raised = at_once(*(lambda code=code: alarms.end_alarm(code, actor="worker") for _ in range(3)))
        assert (raised, AuditEvent.objects.filter(verb="audit.alarm_ended", subject_id=code).count()) == ([], 1)
