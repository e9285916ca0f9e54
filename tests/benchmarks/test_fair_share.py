"""The simulation that is published, with fewer jobs: shares follow weights, and nobody starves."""

from __future__ import annotations

import pytest

from benchmarks.backlog import WORKERS, Told, simulate
from benchmarks.topics.fair_share import LONGEST_WAIT

pytestmark = pytest.mark.django_db  # so that there is one


@pytest.fixture(scope="module")
def told(django_db_setup, django_db_blocker) -> Told:
    """Six projects with a hundred jobs each."""
    from django.db import transaction

    from tests import builders

    with django_db_blocker.unblock(), transaction.atomic():
        found = simulate(600, 6, builders.person("simulated"))
        transaction.set_rollback(True)
    return found


def test_device_seconds_follow_the_weights(told):
    assert told.began > 100 + WORKERS
    assert told.share_error() < 0.15  # a lightest project has run some twenty jobs; 10,000 jobs are measured


def test_no_project_starves(told):
    assert told.longest_wait() < LONGEST_WAIT
