"""What a claim costs the database does not grow with the jobs that wait: counted work, no clock."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection

from benchmarks.crowded_queue import CASES, QUEUE, claim_work, counted, crowd
from config import clock
from jobs.models import Job
from jobs.pick import queues
from jobs.together import company
from tests.jobs import generating

pytestmark = pytest.mark.django_db  # so that there is one
FEW, MANY = 100, 20_000
ALIKE = (1000, 10_000)  # more than are looked at, both


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


@pytest.fixture(scope="module")
def together(django_db_setup, django_db_blocker):
    """Case -> the work of finding who joins a job, among few that have its key and among many."""
    if connection.vendor != "sqlite":
        pytest.skip("counts VM steps")
    from tests import builders

    with django_db_blocker.unblock():
        actor = builders.person("crowded together")
        homes = [generating.other_project(f"beside-{number}") for number in range(10)]
        limited = generating.other_project("beside-limited", max_device_hours=1)
        shut = generating.window(homes[0], actor, clock.now(), is_open=False)
        cases = {"all": {}, "none": {"attempts_made": 1}, "shut": {"window": shut}, "limited": {"project": limited}}
        work: dict[str, list[int]] = {name: [] for name in cases}
        said = generating.LIKE | {"seed": "1", "submitted_by": actor, "created_at": clock.now()}
        for count in ALIKE:
            places = range(count - Job.objects.count())
            Job.objects.bulk_create((Job(project=homes[at % 10], **said) for at in places), batch_size=5000)
            first = Job.objects.latest("pk")
            for name, facts in cases.items():
                Job.objects.exclude(pk=first.pk).update(window=None, attempts_made=0)
                Job.objects.exclude(pk=first.pk).update(**facts)
                with counted() as steps:
                    company(first, generating.QUEUE, clock.now())
                work[name].append(steps.done)
        Job.objects.all().delete()
        for row in (shut, *homes, limited, actor):
            row.delete()
    return work


@pytest.mark.parametrize("case", ["all", "none", "shut", "limited"])
def test_who_joins_is_found_among_10_000_of_one_key_with_at_most_twice_the_work_of_1_000(together, case):
    few, many = together[case]
    assert 0 < many <= 2 * few
