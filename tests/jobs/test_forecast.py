"""Forecasts: what like jobs say, what stands before a job, and what nobody can know."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Project
from catalog.models import DatasetVersion
from jobs import forecast, presence
from jobs.ahead import ahead_of
from jobs.models import Attempt, Job, QueuePause, State, Window
from jobs.pace import fitted, pace_of, size_of, student90
from jobs.spread import Spread
from jobs.waiting import waiting_of
from tests import builders
from tests.jobs.history import QUEUE, WORKERS, ran, train

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(project, submitter) -> DatasetVersion:
    """Something to train on."""
    return builders.dataset_version(project, submitter)


@pytest.fixture
def staffed(hands) -> None:
    """Three workers listen."""
    for worker in WORKERS:
        presence.here(worker, [QUEUE])


def past(project, submitter, hands, seconds=100.0, count=8, **facts):
    """So many like jobs, each as long."""
    for number in range(count):
        ran(
            project, submitter, hands() - timedelta(hours=number + 1), seconds, **({"forecast": {"size": 3200}} | facts)
        )


def test_a_spread_of_logarithms_has_their_quantiles():
    one = Spread.of_logarithms(math.log(60.0), 0.5)
    assert one.p50 == pytest.approx(60.0)
    assert one.p90 == pytest.approx(60.0 * math.exp(0.5 * 1.28155), rel=1e-4)


def test_a_sum_of_many_spreads_is_narrower_than_each():
    one = Spread.of_logarithms(0.0, 0.5)
    many = Spread(0.0)
    for _ in range(50):
        many += one
    assert many.p90 / many.p50 < 1.15 < one.p90 / one.p50


@pytest.mark.parametrize("passed", [20.0, 100.0, 300.0])
def test_what_is_left_agrees_with_the_times_that_last_longer(passed):
    noise = random.Random(7)
    times = [100.0 * noise.lognormvariate(0.0, 0.5) for _ in range(200_000)]
    left = [one - passed for one in times if one > passed]
    mean = sum(left) / len(left)
    found = Spread.of_logarithms(math.log(100.0), 0.5).after(passed)
    assert found.mean == pytest.approx(mean, rel=0.05)
    assert math.sqrt(found.var) == pytest.approx(math.sqrt(sum((one - mean) ** 2 for one in left) / len(left)), rel=0.1)


def test_what_lasts_a_thousand_times_longer_than_expected_is_thought_to_go_on():
    found = Spread.of_logarithms(math.log(100.0), 0.5).after(1e5)
    assert 1e3 < found.mean < 1e5


@pytest.mark.parametrize(("freedom", "known"), [(3, 1.638), (10, 1.372), (30, 1.310)])
def test_students_percentile_agrees_with_tables(freedom, known):
    assert student90(freedom) == pytest.approx(known, abs=0.012)


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_the_pace_finds_how_time_grows_with_size(power):
    noise = random.Random(3)
    sizes = [math.exp(noise.uniform(0, 8)) for _ in range(60)]
    pace = fitted("project", [(5 * size**power * noise.lognormvariate(0, 0.1), size) for size in sizes])
    assert pace.slope == pytest.approx(power, abs=0.05)
    assert pace.of(1000.0).p50 == pytest.approx(5 * 1000.0**power, rel=0.15)


def test_few_like_jobs_make_a_wider_forecast_than_many():
    few, many = (fitted("kind", [(100.0, None)] * count).of(None) for count in (1, 50))
    assert few.p50 == pytest.approx(many.p50)
    assert few.p90 > 1.5 * many.p90


def test_like_jobs_are_those_of_the_project_then_of_the_family_then_of_the_kind(project, submitter, hands):
    other = builders.project("other", owner=submitter)
    past(other, submitter, hands, 300.0, family="vae")
    assert pace_of("train", "dcgan", project.pk).like == "kind"
    past(other, submitter, hands, 200.0)
    assert pace_of("train", "dcgan", project.pk).like == "family"
    past(project, submitter, hands, 100.0)
    found = pace_of("train", "dcgan", project.pk)
    assert (found.like, round(found.of(3200).p50)) == ("project", 100)


def test_time_between_attempts_is_no_work(project, submitter, hands):
    job = ran(project, submitter, hands(), 9000.0, attempts_made=2)
    for token, (begin, end) in enumerate([(9000, 8950), (50, 0)]):
        moments = {"started_at": hands() - timedelta(seconds=begin), "ended_at": hands() - timedelta(seconds=end)}
        Attempt.objects.create(job=job, token=token, worker="w", device_s=begin - end, **moments)
    assert pace_of("train", "dcgan", project.pk).of(None).p50 == pytest.approx(100.0)


def test_the_time_of_others_in_a_shared_batch_is_no_work(project, submitter, hands):
    job = ran(project, submitter, hands(), 30.0)
    moments = {"started_at": hands() - timedelta(seconds=30), "ended_at": hands()}
    Attempt.objects.create(job=job, token=1, worker="w", device_s=2.0, **moments)
    assert pace_of("train", "dcgan", project.pk).of(None).p50 == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("kind", "params", "size"),
    [
        ("train", {"steps": 100, "batch_size": 32}, 3200), ("train", {"width": 3}, None),
        ("generate", {"count": 7}, 7), ("generate", {"count": 7, "sweep": {"temperature": [1, 2]}}, 14),
        ("ingest", {}, 5000), ("evaluate", {"count": 3}, None),
    ],
)  # fmt: skip
def test_the_size_of_a_job_is_what_its_time_grows_with(kind, params, size):
    assert size_of(kind, params, 5000) == size


def test_a_submission_keeps_the_size_and_asks_nothing_of_the_past(project, submitter, data, hands, staffed):
    past(project, submitter, hands)
    with CaptureQueriesContext(connection) as queries:
        job = train(project, submitter, data, 200)
    assert job.forecast == {"size": 6400}
    assert not [one for one in queries if one["sql"].startswith("SELECT") and "jobs_job" in one["sql"]]


def test_a_submission_keeps_the_seconds_where_the_pace_is_remembered(project, submitter, data, hands, staffed):
    past(project, submitter, hands)
    waiting_of(train(project, submitter, data, 100))
    said = train(project, submitter, data, 200).forecast
    assert said["based_on"] == {"like": "project", "jobs": 8}
    assert said["seconds"]["p50"] == pytest.approx(200.0, rel=0.01)


def test_without_history_nobody_knows(project, submitter, data, staffed):
    found = waiting_of(train(project, submitter, data, 200))
    assert (found.end, found.unknown) == (None, "no like job has run yet")


def test_a_job_behind_others_says_how_many(project, submitter, data, hands, staffed):
    past(project, submitter, hands)
    for _ in range(5):
        train(project, submitter, data, 100)
    found = waiting_of(train(project, submitter, data, 100))
    assert (found.ahead, found.reason) == (5, "waits behind 5 others")
    assert hands() < found.start.p50 <= found.start.p90 < found.end.p90


def test_a_queue_without_a_worker_is_the_reason(project, submitter, data, hands):
    past(project, submitter, hands)
    found = waiting_of(train(project, submitter, data, 100))
    assert (found.reason, found.end) == (f"no worker listens to queue {QUEUE}", None)


def test_a_paused_queue_is_the_reason(project, submitter, data, hands, staffed):
    QueuePause.objects.create(queue=QUEUE, paused_by=submitter, paused_at=hands(), reason="new disk")
    found = waiting_of(train(project, submitter, data, 100))
    assert (found.reason, found.unknown) == (f"queue {QUEUE} is paused by sam: new disk", "the queue is paused")


def test_a_quota_is_the_reason(project, submitter, data, hands, staffed):
    Project.objects.filter(pk=project.pk).update(max_running=1)
    train(project, submitter, data, 100)
    builders.job(project, submitter, state=State.RUNNING, token=1, started_at=hands())
    Attempt.objects.create(job=Job.objects.get(state=State.RUNNING), token=1, worker="w", started_at=hands())
    job = Job.objects.select_related("project").filter(state=State.QUEUED).get()
    assert waiting_of(job).reason == "quota: 1 of 1 running"


def test_a_closed_window_is_the_reason_and_its_opening_the_start(project, submitter, data, hands, staffed):
    past(project, submitter, hands)
    hours = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "22:00", "to": "06:00"}]
    night = {"timezone": "Europe/Berlin", "hours": hours, "created_by": submitter, "created_at": hands()}
    window = Window.objects.create(project=project, name="night", **night)
    job = train(project, submitter, data, 100)
    Job.objects.filter(pk=job.pk).update(window=window)
    found = waiting_of(Job.objects.get(pk=job.pk))
    assert found.reason == "waits for window night, opens 2026-03-01 22:00 Europe/Berlin"
    assert found.start.p50 == datetime(2026, 3, 1, 21, tzinfo=UTC)


def test_jobs_of_one_window_begin_one_after_the_other(project, submitter, data, hands):
    presence.here("w1", [QUEUE])
    past(project, submitter, hands)
    hours = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "20:00", "to": "04:00"}]
    night = {"timezone": "UTC", "hours": hours, "created_by": submitter, "created_at": hands()}
    window = Window.objects.create(project=project, name="night", **night)
    jobs = [train(project, submitter, data, 100).pk for _ in range(3)]
    Job.objects.update(window=window)
    starts = [waiting_of(Job.objects.get(pk=pk)).start.p50 for pk in jobs]
    assert starts[0] == datetime(2026, 3, 1, 20, tzinfo=UTC)
    assert starts[0] < starts[1] < starts[2]


def test_work_longer_than_an_opening_goes_on_at_the_next(project, submitter, data, hands, staffed):
    past(project, submitter, hands, seconds=12 * 3600.0)
    hours = [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "20:00", "to": "04:00"}]
    night = {"timezone": "UTC", "hours": hours, "created_by": submitter, "created_at": hands()}
    window = Window.objects.create(project=project, name="night", **night)
    job = train(project, submitter, data, 100)
    Job.objects.filter(pk=job.pk).update(window=window)
    end = waiting_of(Job.objects.get(pk=job.pk)).end
    assert datetime(2026, 3, 2, 20, tzinfo=UTC) < end.p50 < datetime(2026, 3, 3, 4, tzinfo=UTC)


def test_projects_that_used_less_go_first(project, submitter, data, hands):
    other = builders.project("other", owner=submitter)
    theirs = builders.dataset_version(other, submitter, "theirs")
    for _ in range(4):
        train(project, submitter, data, 100)
        train(other, submitter, theirs, 100)
    newest = Job.objects.filter(project=project).latest("pk")
    found = ahead_of(newest, 100.0, 3, hands())
    assert (len(found.own), found.others) == (3, 3)


def test_a_running_job_tells_its_end_from_its_progress(project, submitter, hands):
    job = builders.job(
        project, submitter, state=State.RUNNING, eta_s=90.0, forecast={"seconds": {"p50": 10, "p90": 20}}
    )
    end = waiting_of(job).end
    assert [(at - hands()).total_seconds() for at in (end.p50, end.p90)] == [90.0, 180.0]


def test_a_running_job_that_never_waited_is_expected_to_take_what_its_size_says(project, submitter, data, hands):
    presence.here("w1", [QUEUE])
    past(project, submitter, hands)
    starts = []
    for size in (3200, 32_000):
        Job.objects.filter(state=State.RUNNING).delete()
        builders.job(
            project, submitter, state=State.RUNNING, family="dcgan", started_at=hands(), forecast={"size": size}
        )
        starts.append(waiting_of(train(project, submitter, data, 100)).start.p50)
    short, long = ((one - hands()).total_seconds() for one in starts)
    assert long > 5 * short > 0


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
def test_what_has_ended_waits_for_nothing(state, project, submitter):
    assert waiting_of(builders.job(project, submitter, state=state)) is None


def test_a_forecast_costs_the_same_queries_however_long_the_line(project, submitter, data, hands, staffed):
    past(project, submitter, hands)
    costs = []
    for more in (3, 40):
        hands.move(forecast.REMEMBERED.total_seconds())
        for worker in WORKERS:
            presence.here(worker, [QUEUE])
        for _ in range(more):
            builders.job(project, submitter, family="dcgan")
        job = Job.objects.select_related("project").filter(state=State.QUEUED).latest("pk")
        with CaptureQueriesContext(connection) as queries:
            forecast.expected(job, forecast.Scene.take())
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert costs[0] <= 12


def test_a_long_line_is_counted_no_further_than_it_needs(project, submitter, hands, monkeypatch):
    monkeypatch.setattr("jobs.ahead.COUNTED", 20)
    monkeypatch.setattr("jobs.ahead.READ", 10)
    for _ in range(30):
        builders.job(project, submitter)
    found = ahead_of(Job.objects.latest("pk"), 100.0, 1, hands())
    assert (found.count, found.more) == (21, True)


def test_jobs_that_share_batches_keep_one_worker_busy_and_not_several(project, submitter, data, hands, staffed):
    past(project, submitter, hands)
    facts = {"state": State.RUNNING, "queue": QUEUE, "started_at": hands(), "created_at": hands()}
    for worker, count in zip(WORKERS, (4, 1, 1), strict=True):
        for _ in range(count):
            builders.job(project, submitter, "train", **(facts | {"worker": worker, "eta_s": 200.0 / count}))
    waits_s = (waiting_of(train(project, submitter, data, 100)).start.p50 - hands()).total_seconds()
    assert waits_s == pytest.approx(200, rel=0.05)
