"""A lease is held while its parent is busy, and let go when it is another's."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from config import clock
from jobs.claim import claim_next
from jobs.models import Job, State
from tests import builders
from workers.tasks.beating import beating

SOON_S = 0.01


def seen_within(moved, most_s=20.0):
    """Whether it comes true: asked again and again, for as long as a slow machine may need."""
    end = clock.now() + timedelta(seconds=most_s)
    while not (found := moved()) and clock.now() < end:
        threading.Event().wait(SOON_S)
    return found


@pytest.fixture
def claim(transactional_db, project, submitter):
    builders.job(project, submitter, "verify", queue="io")
    return claim_next("io", "w1")


def test_a_lease_is_held_while_its_parent_keeps_what_was_made(claim):
    rows = Job.objects.filter(pk=claim.job_id)
    rows.update(lease_until=clock.now())
    with beating(claim, SOON_S):
        assert seen_within(lambda: rows.get().lease_until > clock.now() + timedelta(seconds=claim.lease_s / 2))


def test_a_lease_that_is_anothers_by_now_is_not_held(claim):
    rows = Job.objects.filter(pk=claim.job_id)
    rows.update(token=claim.token + 1, lease_until=None)
    with beating(claim, SOON_S):
        assert seen_within(lambda: not any(thread.name == "beat" for thread in threading.enumerate()))
    assert (rows.get().state, rows.get().lease_until) == (State.RUNNING, None)
