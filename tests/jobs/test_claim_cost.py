"""What a claim costs the database does not grow with the jobs that wait: counted work, no clock."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection

from benchmarks.crowded_queue import CASES, QUEUE, claim_work, counted, crowd
from jobs.models import Job
from jobs.pick import queues

pytestmark = pytest.mark.django_db  # so that there is one
FEW, MANY = 100, 20_000


@pytest.fixture(scope="module")
def found(django_db_setup, django_db_blocker):
    """Case -> the work of a claim among few and among many; and that of asking which queues have jobs."""
    if connection.vendor != "sqlite":
        pytest.skip("counts VM steps; PostgreSQL's buffers are counted by `make bench`")
    from tests import builders

    with django_db_blocker.unblock():
        actor = builders.person("crowded")
        work: dict[str, list[int]] = {name: [] for name in (*CASES, "queues")}
        for count in (FEW, MANY):
            projects = crowd(count, actor)
            with counted() as steps:
                assert queues() == [QUEUE]
            work["queues"].append(steps.done)
            for name, arrange in CASES.items():
                arrange(projects, actor)
                work[name].append(claim_work())
            Job.objects.all().delete()
        yield work
        for project in projects:
            project.delete()
        actor.delete()


@pytest.mark.parametrize("case", [*CASES, "queues"])
def test_work_at_20_000_jobs_is_at_most_twice_that_at_100(found, case):
    for few, many in pairwise(found[case]):
        assert 0 < many <= 2 * few
