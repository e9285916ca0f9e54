"""Where a queued job stands among the jobs of its project and queue: priority, then position, then age.

Positions are 0 until somebody moves a job; then the jobs before the spot get negative ones, so that what is submitted
later still comes after all of them. Gaps of STEP let most moves write one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Project, User
from accounts.services import require_steering
from audit.services import append
from jobs.models import Job, State
from jobs.transitions import IllegalTransition
from models_store.errors import Conflict, InvalidInput

LOWEST, HIGHEST = -100, 100  # priorities
STEP = 1 << 10
FARTHEST = 2000  # jobs that get a new position in one move
EDITABLE = (State.HELD, State.QUEUED, State.PAUSED)
Side = Literal["before", "after"]


class TooFar(Conflict):
    """Too many jobs stand before that place; change the priority instead."""

    code = "too_far"


class OtherQueue(InvalidInput):
    """A job moves among the waiting jobs of its own project and queue."""

    code = "other_queue"


@dataclass(frozen=True)
class Spot:
    """Between two positions, either of which may be open; `upper` is that of the job that will come next."""

    lower: int | None
    upper: int

    @property
    def between(self) -> int | None:
        """A position in there; None where there is no room."""
        if self.lower is None:
            return self.upper - STEP
        return (self.lower + self.upper) // 2 if self.upper - self.lower >= 2 else None


def set_priority(job: Job, priority: int, *, actor: User) -> Job:
    """Give a job that does not run yet another priority: it stands there by its age. The same one changes nothing."""
    require_steering(actor, job.project)
    if isinstance(priority, bool) or not isinstance(priority, int) or not LOWEST <= priority <= HIGHEST:
        expected = f"{LOWEST} to {HIGHEST}"
        raise InvalidInput("The priority is a whole number.", field="priority", expected=expected, got=priority)
    with transaction.atomic():
        waiting = Job.objects.filter(pk=job.pk, state__in=EDITABLE)
        before = waiting.select_for_update().values_list("priority", flat=True).first()
        if before is None:
            raise too_late(job, EDITABLE)
        if before != priority:
            waiting.update(priority=priority, position=0)
            _record(job, actor, "job.priority", {"from": before, "to": priority})
    job.refresh_from_db()
    return job


def move_next_to(job: Job, side: Side, other: Job, *, actor: User) -> Job:
    """Put a queued job right before or after another of its project and queue; it takes that one's priority."""
    require_steering(actor, job.project)
    with transaction.atomic():
        _one_mover(job)
        _place(job, side, other, actor)
    job.refresh_from_db()
    return job


def move_to_end(job: Job, end: Literal["front", "end"], *, actor: User) -> Job:
    """Put a queued job before or after all others of its project and queue; later ones still come after it."""
    require_steering(actor, job.project)
    with transaction.atomic():
        _one_mover(job)
        others = line(job).exclude(pk=job.pk)
        other = others.first() if end == "front" else others.last()
        if other is not None:
            _place(job, "before" if end == "front" else "after", other, actor)
        elif not Job.objects.filter(pk=job.pk, state=State.QUEUED).exists():
            raise too_late(job, (State.QUEUED,))
    job.refresh_from_db()
    return job


def line(job: Job) -> QuerySet[Job]:
    """The queued jobs of its project and queue, next one first."""
    rows = Job.objects.filter(project=job.project_id, queue=job.queue, state=State.QUEUED)
    return rows.order_by("-priority", "position", "pk")


def earlier_than(job: Job) -> Q:
    """The condition of standing before it, among equals of its priority."""
    return Q(position__lt=job.position) | Q(position=job.position, pk__lt=job.pk)


def _one_mover(job: Job) -> None:
    """Two moves in one project happen one after the other."""
    Project.objects.select_for_update(no_key=True).get(pk=job.project_id)


def _place(job: Job, side: Side, other: Job, actor: User) -> None:
    job.refresh_from_db()
    other = Job.objects.get(pk=other.pk)
    if job.state != State.QUEUED:
        raise too_late(job, (State.QUEUED,))
    if other.pk == job.pk or (other.project_id, other.queue) != (job.project_id, job.queue):
        raise OtherQueue(field=side, expected=f"another job on {job.queue}", got=str(other.pk))
    if other.state != State.QUEUED:
        raise too_late(other, (State.QUEUED,))
    equals = line(job).filter(priority=other.priority).exclude(pk=job.pk)
    spot = _spot(equals, side, other)
    if _stands_there(job, other, side, equals):
        return
    position = spot.between
    if position is None:
        position = _make_room(equals, side, other, spot.upper)
    moved = Job.objects.filter(pk=job.pk, state=State.QUEUED)
    if not moved.update(position=position, priority=other.priority):
        raise too_late(job, (State.QUEUED,))
    _record(job, actor, "job.moved", {side: str(other.pk), "priority": other.priority})


def _spot(equals: QuerySet[Job], side: Side, other: Job) -> Spot:
    if side == "before":
        before = equals.filter(earlier_than(other)).last()
        return Spot(before.position if before else None, other.position)
    following = equals.exclude(earlier_than(other)).exclude(pk=other.pk).first()
    if following:
        return Spot(other.position, following.position)
    return Spot(other.position, 0 if other.position <= 0 else other.position + 2 * STEP)


def _stands_there(job: Job, other: Job, side: Side, equals: QuerySet[Job]) -> bool:
    if job.priority != other.priority:
        return False
    if ((job.position, job.pk) < (other.position, other.pk)) != (side == "before"):
        return False
    first, second = (job, other) if side == "before" else (other, job)
    return not equals.filter(earlier_than(second)).exclude(earlier_than(first)).exclude(pk=first.pk).exists()


def _make_room(equals: QuerySet[Job], side: Side, other: Job, upper: int) -> int:
    """Number the jobs before the spot anew, below `upper`; returns the position that is free for one more."""
    before = earlier_than(other) if side == "before" else earlier_than(other) | Q(pk=other.pk)
    rows = list(equals.filter(before).only("pk", "position")[: FARTHEST + 1])
    if len(rows) > FARTHEST:
        raise TooFar(field=side, expected=f"at most {FARTHEST} jobs before it", got=f"more than {FARTHEST}")
    for place, row in enumerate(reversed(rows)):
        row.position = upper - STEP * (place + 2)
    Job.objects.bulk_update(rows, ["position"], batch_size=500)
    return upper - STEP


def too_late(job: Job, expected: tuple[str, ...]) -> IllegalTransition:
    """The error that says where the job really stands by now."""
    state = Job.objects.values_list("state", flat=True).get(pk=job.pk)
    return IllegalTransition(f"Too late: the job is {state}.", expected=list(expected), got=state)


def _record(job: Job, actor: User, verb: str, detail: dict[str, object]) -> None:
    append(actor=actor.username, verb=verb, subject=("job", str(job.pk)), project=job.project_id, detail=detail)
