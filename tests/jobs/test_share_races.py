"""Claims and charges at once over one real database: no quota is overrun, no device second is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Project
from jobs.claim import claim_next
from jobs.models import DeviceUse, Job, State
from jobs.shares import charge
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)
SIDE_BY_SIDE, ROUNDS = 6, 5


def at_once(deed: Callable[[int], object]) -> list[Exception]:
    """Do it in threads that start together; returns what they raised."""
    ready, raised = threading.Barrier(SIDE_BY_SIDE), []

    def do(number: int) -> None:
        try:
            ready.wait()
            deed(number)
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(number,)) for number in range(SIDE_BY_SIDE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def test_claims_side_by_side_do_not_overrun_the_number_of_running_jobs(project, submitter):
    Project.objects.filter(pk=project.pk).update(max_running=2)
    for _ in range(ROUNDS):
        for _ in range(SIDE_BY_SIDE):
            builders.job(project, submitter)
        assert at_once(lambda number: claim_next("train.cpu", f"w{number}")) == []
        assert Job.objects.filter(state=State.RUNNING).count() == 2
        Job.objects.filter(state=State.RUNNING).update(state=State.SUCCEEDED)


def test_claims_side_by_side_take_different_jobs(project, submitter):
    other = builders.project("other", submitter=submitter)
    for place in range(SIDE_BY_SIDE):
        builders.job(other if place % 2 else project, submitter)
    assert at_once(lambda number: claim_next("train.cpu", f"w{number}")) == []
    assert Job.objects.filter(state=State.RUNNING, token=1).count() == SIDE_BY_SIDE


def test_charges_side_by_side_add_up(project):
    assert at_once(lambda number: [charge(project.pk, 1.0) for _ in range(ROUNDS)]) == []
    project.refresh_from_db()
    assert project.used_device_s == SIDE_BY_SIDE * ROUNDS
    assert sum(DeviceUse.objects.values_list("seconds", flat=True)) == SIDE_BY_SIDE * ROUNDS
