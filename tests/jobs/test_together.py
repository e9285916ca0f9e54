"""Who is claimed with whom: small jobs over the same models that nobody tried; and what each project is charged."""

from __future__ import annotations

from uuid import uuid4

import pytest

from accounts.models import Project
from jobs.claim import claim_next, finish, release, take_back
from jobs.models import Attempt, DeviceUse, Job, QueuePause, State
from jobs.running import running_now
from jobs.shares import charge, charge_part
from jobs.together import LOOKED_AT, MOST_ITEMS, MOST_JOBS, MOST_TOGETHER, in_turn
from tests.jobs.generating import LIKE, QUEUE, claims_of, other_project, soon, taken, window

pytestmark = pytest.mark.django_db


@pytest.fixture
def alike(queued):
    """`alike(priority=3)`: a queued generate job like the others."""
    return lambda **facts: queued(**(LIKE | facts))


def test_jobs_of_one_key_and_queue_are_claimed_together(alike):
    first, second = alike(), alike()
    alike(batch_key="other"), alike(batch_key=""), alike(queue="generate.cuda")
    assert taken() == [first, second]
    assert taken()[0].batch_key in ("other", "")


def test_a_job_without_a_key_is_claimed_alone(alike):
    alike(batch_key=""), alike(batch_key="")
    assert len(claims_of()) == 1


def test_each_has_a_lease_an_attempt_and_a_token_of_its_own(alike, hands):
    alike(), alike()
    for claim in claims_of():
        job = Job.objects.get(pk=claim.job_id)
        assert (job.state, job.token, job.attempts_made, job.worker) == (State.RUNNING, claim.token, 1, "w1")
        assert job.lease_until > hands()
        assert job.tries.get().token == claim.token


def test_a_job_that_was_tried_before_joins_nobody(alike):
    first = alike()
    alike(attempts_made=1)
    assert taken() == [first]


def test_nobody_joins_a_job_that_was_tried_before(alike):
    first = alike(attempts_made=1, priority=5)
    alike()
    assert taken() == [first]


def test_jobs_that_were_parted_run_one_by_one(alike):
    both = {alike(), alike()}
    for claim in claims_of():
        release(claim, reason="parted")
    assert [len(claims_of()), len(claims_of())] == [1, 1]
    assert set(Job.objects.filter(state=State.RUNNING)) == both


def test_a_job_whose_window_is_closed_stays_and_one_whose_window_is_open_comes(alike, project, submitter, hands):
    first = alike()
    alike(window=window(project, submitter, hands(), is_open=False), priority=9)
    inside = alike(window=window(project, submitter, hands(), is_open=True))
    assert taken() == [first, inside]


def test_a_job_whose_time_has_not_come_stays(alike, hands):
    first = alike()
    late = alike(not_before=soon(hands()))
    assert taken() == [first]
    hands.move(61)
    assert taken() == [late]


def test_of_one_project_the_most_urgent_come_first(alike):
    last, middle, first = alike(), alike(position=-1), alike(priority=5)
    assert taken() == [first, middle, last]


def test_a_batch_takes_no_more_than_it_may(alike):
    made = [alike() for _ in range(MOST_JOBS + 3)]
    assert taken() == made[:MOST_JOBS]
    assert taken() == made[MOST_JOBS:]


def test_what_a_batch_makes_is_bounded(alike):
    for _ in range(MOST_JOBS):
        alike(forecast={"size": MOST_ITEMS})
    assert len(claims_of()) == MOST_TOGETHER // MOST_ITEMS


def test_projects_take_turns_among_those_who_join(alike):
    for _ in range(MOST_JOBS):
        alike()
    others = [alike(project=other_project(name)) for name in ("b", "c")]
    found = taken()
    assert len(found) == MOST_JOBS
    assert set(others) <= set(found[:5])


def test_turns_keep_the_order_of_each_project():
    a, b, c = (uuid4() for _ in range(3))
    jobs = [uuid4() for _ in range(6)]
    line = list(zip([a, a, a, b, c, b], jobs, strict=True))
    assert in_turn(line) == [jobs[place] for place in (0, 3, 4, 1, 5, 2)]
    assert in_turn([]) == []


def test_jobs_of_a_project_that_may_run_few_at_once_join_nobody(alike):
    few = other_project(max_running=5)
    charge(few.pk, 1000)
    first = alike()
    alike(project=few)
    assert taken() == [first]


def test_a_project_that_may_run_few_at_once_is_not_overrun_by_its_own(alike, project):
    Project.objects.filter(pk=project.pk).update(max_running=2)
    for _ in range(4):
        alike()
    assert [len(claims_of()) for _ in range(3)] == [1, 1, 0]


def test_jobs_of_a_project_with_limited_hours_join_only_their_own(alike):
    limited = other_project(max_device_hours=5)
    charge(limited.pk, 1000)
    first = alike()
    theirs = [alike(project=limited), alike(project=limited)]
    assert taken() == [first]
    assert taken() == theirs


def test_nothing_is_claimed_from_a_paused_queue(alike, submitter, hands):
    alike(), alike()
    QueuePause.objects.create(queue=QUEUE, paused_by=submitter, paused_at=hands())
    assert claims_of() == []


def test_a_job_that_is_passed_over_lets_others_go_first_and_runs_where_there_are_none(alike):
    large = alike(batch_key="", priority=5)
    small = alike()
    passed = {large.pk: 1.0}
    assert taken(passed) == [small]
    assert taken(passed) == [large]
    assert taken(passed) == []


def test_those_at_the_front_that_may_not_start_do_not_make_a_claim_read_the_whole_line(alike, hands, project):
    facts = LIKE | {"project": project, "seed": "1", "submitted_by": alike().submitted_by, "created_at": hands()}
    late = facts | {"not_before": soon(hands()), "priority": 5}
    Job.objects.bulk_create(Job(**late) for _ in range(LOOKED_AT))
    alike()
    assert len(claims_of()) == 1  # the second waits behind as many as are looked at


def test_each_project_is_charged_its_part_and_nobody_by_the_clock(alike, hands, project):
    other = other_project()
    alike(), alike(project=other), alike(project=other)
    claims = claims_of()
    homes = dict(Job.objects.values_list("pk", "project"))
    for claim, part_s in zip(claims, (5.0, 2.0, 3.0), strict=True):
        hands.move(part_s)
        finish(claim, State.SUCCEEDED)
        charge_part(homes[claim.job_id], claim.job_id, claim.token, part_s)
    used = {row.project_id: row.seconds for row in DeviceUse.objects.all()}
    assert used == {project.pk: 5.0, other.pk: 5.0}
    assert sum(Attempt.objects.values_list("device_s", flat=True)) == pytest.approx(10.0, abs=0.01)


def test_a_part_may_be_charged_before_the_end_too(alike, hands, project):
    alike(), alike()
    for claim in claims_of():
        hands.move(4)
        charge_part(project.pk, claim.job_id, claim.token, 4.0)
        finish(claim, State.SUCCEEDED)
    assert DeviceUse.objects.get().seconds == 8.0


def test_a_job_that_was_claimed_alone_is_charged_by_the_clock(alike, hands):
    alike()
    (claim,) = claims_of()
    assert not claim.in_parts
    hands.move(7)
    finish(claim, State.SUCCEEDED)
    assert DeviceUse.objects.get().seconds == 7.0


def test_a_worker_that_died_in_shared_batches_leaves_nobody_charged_by_the_clock(alike, hands):
    alike(), alike()
    for claim in claims_of():
        hands.move(60)
        take_back(Job.objects.get(pk=claim.job_id), actor="sweeper", reason="silent", silent=True)
    assert DeviceUse.objects.count() == 0
    assert Job.objects.filter(state=State.QUEUED, attempts_made=1).count() == 2


def test_jobs_that_share_batches_all_run(alike, hands, project):
    other = other_project()
    alike(), alike(), alike(project=other)
    assert len(claims_of()) == 3
    hands.move(100)
    found = running_now(hands())
    assert {home: runs.jobs for home, runs in found.items()} == {project.pk: 2, other.pk: 1}


def test_what_shares_batches_never_counts_by_the_clock_of_each(alike, hands, project):
    for _ in range(5):
        alike()
    assert len(claims_of()) == 5
    hands.move(100)
    assert running_now(hands())[project.pk].device_s <= 1.0


def test_two_workers_that_are_free_at_once_serve_two_projects(alike, project):
    other = other_project()
    charge(project.pk, 100), charge(other.pk, 100)
    for _ in range(3):
        alike(), alike(batch_key="second key")
    theirs = alike(project=other, batch_key="third key", priority=-1)
    assert {job.project_id for job in taken()} == {project.pk}
    assert claim_next(QUEUE, "w2").job_id == theirs.pk
