"""A job's place in the line: what is moved stands where it was put, and the claim takes jobs in that order."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.models import AuditEvent
from jobs import order
from jobs.claim import claim_next
from jobs.models import Job, State
from jobs.transitions import IllegalTransition
from models_store.errors import Forbidden, InvalidInput
from tests import builders

pytestmark = pytest.mark.django_db
MOVES = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(["before", "after", "front", "end"]), st.integers(0, 5)), max_size=25
)


def claimed(count: int) -> list[Job]:
    """The jobs in the order in which workers take them."""
    return [Job.objects.get(pk=claim_next("train.cpu", f"w{number}").job_id) for number in range(count)]


def test_a_job_moved_to_the_front_is_claimed_first(queued, submitter):
    first, second, third = queued(), queued(), queued()
    order.move_to_end(third, "front", actor=submitter)
    assert claimed(3) == [third, first, second]


def test_what_is_submitted_later_comes_after_what_was_moved_to_the_end(queued, submitter):
    first, second = queued(), queued()
    order.move_to_end(first, "end", actor=submitter)
    later = queued()
    assert claimed(3) == [second, first, later]


def test_a_job_put_next_to_another_takes_its_priority(queued, submitter):
    urgent, plain = queued(priority=9), queued()
    moved = order.move_next_to(plain, "before", urgent, actor=submitter)
    assert moved.priority == 9
    assert claimed(2) == [plain, urgent]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_any_moves_leave_the_line_as_a_list_would(moves, queued, submitter):
    Job.objects.all().delete()
    line = [queued() for _ in range(6)]
    for which, how, other in moves:
        job, neighbour = line[which % len(line)], line[other % len(line)]
        if how in ("front", "end"):
            order.move_to_end(job, how, actor=submitter)
            line.remove(job)
            line.insert(0 if how == "front" else len(line), job)
        elif job != neighbour:
            order.move_next_to(job, how, neighbour, actor=submitter)
            line.remove(job)
            line.insert(line.index(neighbour) + (how == "after"), job)
    assert list(order.line(line[0])) == line


def test_moving_a_job_where_it_stands_writes_nothing(queued, submitter):
    first, second = queued(), queued()
    order.move_next_to(first, "before", second, actor=submitter)
    order.move_to_end(second, "end", actor=submitter)
    assert not AuditEvent.objects.filter(verb="job.moved").exists()


def test_a_running_job_is_not_moved_and_the_answer_says_so(queued, submitter):
    job, other = queued(), queued()
    claim_next("train.cpu", "w1")
    with pytest.raises(IllegalTransition) as late:
        order.move_next_to(job, "after", other, actor=submitter)
    assert (late.value.code, late.value.got) == ("illegal_transition", "running")


def test_a_job_does_not_move_among_those_of_another_queue(queued, submitter):
    with pytest.raises(order.OtherQueue):
        order.move_next_to(queued(), "before", queued(queue="generate.cpu"), actor=submitter)


def test_too_long_a_line_is_refused_with_the_way_out(queued, submitter, monkeypatch):
    monkeypatch.setattr(order, "FARTHEST", 3)
    jobs = [queued() for _ in range(6)]
    with pytest.raises(order.TooFar) as far:
        order.move_next_to(jobs[0], "after", jobs[-1], actor=submitter)
    assert "priority" in far.value.detail
    assert set(Job.objects.values_list("position", flat=True)) == {0}


@pytest.mark.parametrize("state", [State.HELD, State.QUEUED, State.PAUSED])
def test_a_priority_changes_while_the_job_does_not_run(state, queued, submitter):
    job = order.set_priority(queued(state=state, position=-7), 30, actor=submitter)
    assert (job.priority, job.position) == (30, 0)


@pytest.mark.parametrize("state", [State.RUNNING, State.SUCCEEDED, State.CANCELLED])
def test_a_priority_that_comes_too_late_is_refused(state, queued, submitter):
    with pytest.raises(IllegalTransition) as late:
        order.set_priority(queued(state=state), 30, actor=submitter)
    assert state in late.value.detail


@pytest.mark.parametrize("wrong", [101, -101, 1.5, True, "high", None])
def test_a_priority_outside_its_bounds_is_refused(wrong, queued, submitter):
    with pytest.raises(InvalidInput):
        order.set_priority(queued(), wrong, actor=submitter)


def test_the_same_priority_again_is_audited_once(queued, submitter):
    job = queued()
    for _ in range(2):
        order.set_priority(job, 5, actor=submitter)
    assert AuditEvent.objects.filter(verb="job.priority").count() == 1


def test_a_viewer_changes_no_order(queued, project):
    viewer = builders.person("vera")
    project.members.add(viewer, through_defaults={"role": "viewer"})
    job = queued()
    with pytest.raises(Forbidden):
        order.set_priority(job, 5, actor=viewer)
    with pytest.raises(Forbidden):
        order.move_to_end(job, "front", actor=viewer)
