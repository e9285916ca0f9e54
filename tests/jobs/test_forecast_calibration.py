"""Forecasts hold as often as they say: a seeded simulation through submission, sweep, pick and claim.

Of the jobs, those count that waited long enough for a sweep to see them; it goes on until they are enough.
"""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.conf import settings

from accounts.models import Project, User
from jobs.calibration import HIGHEST, LOWEST, calibrations
from jobs.kept_forecasts import keep_forecasts
from jobs.models import Job
from tests import builders
from tests.jobs.history import Night, lasting, ran, train

pytestmark = pytest.mark.django_db
HISTORY, JOBS, SIGMA = 300, 200, 0.5


@pytest.mark.parametrize(
    "every_s", [pytest.param(100.0, marks=pytest.mark.slow), 150.0, pytest.param(400.0, marks=pytest.mark.slow)]
)
def test_nine_of_ten_jobs_end_before_their_p90(every_s, hands, project: Project, submitter: User) -> None:
    noise = random.Random(20)
    others = builders.project("others", owner=submitter)
    homes = [project, others]
    data = {home: builders.dataset_version(home, submitter, home.slug) for home in homes}
    takes = lasting(noise, SIGMA)
    for number in range(HISTORY):
        home, steps = homes[number % 2], noise.randrange(100, 2000)
        job = Job(params={"steps": steps})
        ran(home, submitter, hands() - timedelta(hours=number), takes(job), forecast={"size": steps * 32})
    night = Night(hands, takes)
    waited = 0
    while waited < JOBS:
        home = noise.choice(homes)
        train(home, submitter, data[home], noise.randrange(100, 2000))
        next_one = hands() + timedelta(seconds=noise.expovariate(1 / every_s))
        night.until(hands() + timedelta(seconds=settings.SWEEP_S))
        waited += keep_forecasts()
        night.until(next_one)
    night.drain()
    found = calibrations()[0]
    assert found.jobs == JOBS
    assert LOWEST <= found.by_p90 <= HIGHEST
