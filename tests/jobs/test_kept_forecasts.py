"""Forecasts in rows: kept by a sweep of jobs that wait, once, of a burst in part, and by looking at new ones alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import DatasetVersion
from jobs import kept_forecasts, presence
from jobs.claim import claim_next
from jobs.kept_forecasts import LOOKED_AT, MOST, keep_forecasts
from jobs.models import Job
from jobs.order import set_priority
from jobs.sweep import sweep
from tests import builders
from tests.jobs.history import QUEUE, ran, train

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data(project, submitter, hands, monkeypatch) -> DatasetVersion:
    """Something to train on, one worker that listens, a past, and a process that has just begun."""
    monkeypatch.setattr(kept_forecasts, "_reached", None)
    presence.here("w1", [QUEUE])
    for _ in range(5):
        ran(project, submitter, hands(), 100.0, forecast={"size": 3200})
    return builders.dataset_version(project, submitter)


def forecast_of(job: Job) -> dict:
    """What its row says by now."""
    return Job.objects.values_list("forecast", flat=True).get(pk=job.pk)


def crowd(queued, count: int, **facts) -> list[Job]:
    """So many jobs that wait."""
    return [queued(family="dcgan", params={"steps": 100, "batch_size": 32}, **facts) for _ in range(count)]


def told() -> Counter:
    """How many rows of each project have an end."""
    return Counter(Job.objects.filter(forecast__end__isnull=False).values_list("project__slug", flat=True))


def test_a_sweep_keeps_the_forecast_of_a_job_that_waits(project, submitter, data, hands):
    job = train(project, submitter, data, 100)
    sweep("w1")
    said = forecast_of(job)
    assert said["size"] == 3200
    assert hands() == datetime.fromisoformat(said["start"]["p50"]) < datetime.fromisoformat(said["end"]["p90"])


def test_a_job_that_started_at_once_has_none(project, submitter, data):
    job = train(project, submitter, data, 100)
    claim_next(QUEUE, "w1")
    assert keep_forecasts() == 0
    assert forecast_of(job) == {"size": 3200}


def test_warnings_stay_beside_the_forecast(queued):
    job = queued(family="dcgan", forecast={"warnings": [{"code": "long"}]})
    keep_forecasts()
    assert {"warnings", "end"} <= set(forecast_of(job))


def test_what_was_expected_first_stays(queued, project, submitter, hands, monkeypatch):
    job, later = crowd(queued, 2)
    keep_forecasts()
    said = forecast_of(later)
    set_priority(job, -5, actor=submitter)
    monkeypatch.setattr(kept_forecasts, "_reached", None)  # another worker
    assert keep_forecasts() == 0
    assert forecast_of(later) == said


def test_a_job_that_is_begun_while_it_is_looked_at_keeps_what_it_had(queued, monkeypatch):
    job = queued(family="dcgan", forecast={"size": 7})
    expected = kept_forecasts.expected

    def begun_meanwhile(*said):
        claim_next(QUEUE, "w1")
        return expected(*said)

    monkeypatch.setattr(kept_forecasts, "expected", begun_meanwhile)
    assert keep_forecasts() == 0
    assert forecast_of(job) == {"size": 7}


def test_a_verification_is_not_forecast(queued):
    queued(kind="verify")
    assert keep_forecasts() == 0


def test_of_a_burst_every_project_gets_its_part(queued, project, submitter):
    other = builders.project("other", owner=submitter)
    crowd(queued, 5 * MOST)
    crowd(queued, MOST // 2, project=other)
    assert keep_forecasts() == MOST
    assert told() == {project.slug: MOST // 2, "other": MOST // 2}


def test_a_long_burst_is_looked_at_piece_by_piece(queued):
    crowd(queued, 1)
    keep_forecasts()
    crowd(queued, LOOKED_AT + 10)
    assert [keep_forecasts() for _ in range(3)] == [MOST, 10, 0]


def test_an_old_line_is_not_read_again(queued):
    crowd(queued, 30)
    keep_forecasts()
    with CaptureQueriesContext(connection) as queries:
        keep_forecasts()
    assert len(queries) == 1
    plan = Job.objects.filter(state="queued", pk__gt=kept_forecasts._reached).order_by("pk")[:LOOKED_AT].explain()
    assert connection.vendor != "sqlite" or "job_state" in plan
