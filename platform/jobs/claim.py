"""What a worker may do with a job: claim, beat, report, finish, release. Every write names the token it holds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from audit.policies import in_force
from config import clock
from jobs import pick, preempt
from jobs.models import Attempt, Job, JobEvent, State
from jobs.shares import charge
from jobs.starting import Rules, may_start
from jobs.together import company
from jobs.transitions import IllegalTransition, move
from models_store.errors import Conflict

LOOKED_AT = 50  # jobs that policies may hold before a claim comes back without one
FIRST_PART_S = 0.001  # of an attempt that is charged by its parts, not by the clock (running.py)


class LeaseLost(Conflict):
    """Another attempt owns the job now; this one stops and discards what it made."""

    code = "lease_lost"


@dataclass(frozen=True)
class Claim:
    """One attempt's hold on a job; `in_parts` says that it is charged by its parts of batches, not by the clock.

    `measured` tells what the attempt has used so far (`Attempt.used`): beats and its end write it with what they write.
    """

    job_id: uuid.UUID
    token: int
    worker: str
    lease_s: int
    in_parts: bool = False
    measured: Callable[[], dict[str, Any]] | None = field(default=None, compare=False, repr=False)

    @property
    def held(self) -> dict[str, Any]:
        """The condition under which this attempt may write."""
        return {"token": self.token}

    @property
    def actor(self) -> str:
        """How the attempt stands in the log."""
        return f"worker {self.worker}"


def lease_s(queue: str) -> int:
    """How long a claim on this queue holds without a beat (seconds)."""
    return settings.LEASE_S[queue.split(".")[0]]


@transaction.atomic
def claim_next(queue: str, worker: str) -> Claim | None:
    """Take the fairest job of a queue: token + 1, a lease, an attempt row; None where nothing is due."""
    now = clock.now()
    job = _allowed(lambda left: pick.fairest(queue, now, left), cache(in_force), worker)
    return _begun(job, queue, worker, now) if job else None


@transaction.atomic
def claim_together(queue: str, worker: str, passed: Collection[uuid.UUID] = ()) -> list[Claim]:
    """As `claim_next`, with the jobs that may share its batches; those `passed` over only where no other is due."""
    now, rules = clock.now(), cache(in_force)
    job = _allowed(lambda left: pick.fairest(queue, now, [*passed, *left]), rules, worker)
    if job is None and passed:
        job = _allowed(lambda left: pick.fairest(queue, now, left), rules, worker)
    if job is None:
        return []
    others = [one for one in company(job, queue, now) if may_start(one, rules, actor=f"worker {worker}")]
    begun = [_begun(one, queue, worker, now, in_parts=bool(others)) for one in (job, *others)]
    return [claim for claim in begun if claim]


def _allowed(next_job: Callable[[Collection[uuid.UUID]], Job | None], rules: Rules, worker: str) -> Job | None:
    """The first job that policies let start; of those that they hold or end, some leave the queue at each claim."""
    left: list[uuid.UUID] = []
    while len(left) < LOOKED_AT and (job := next_job(left)):
        if may_start(job, rules, actor=f"worker {worker}"):
            return job
        left.append(job.pk)
    return None


def _begun(job: Job, queue: str, worker: str, now: datetime, *, in_parts: bool = False) -> Claim | None:
    claim = Claim(job.pk, job.token + 1, worker, lease_s(queue), in_parts)
    try:
        move(
            job.pk,
            State.RUNNING,
            actor=claim.actor,
            held={"token": job.token},
            detail={"attempt": claim.token},
            token=claim.token,
            worker=worker,
            wants="",
            used={},
            lease_until=now + timedelta(seconds=claim.lease_s),
            attempts_made=F("attempts_made") + 1,
            barren_attempts=F("barren_attempts") + 1,
            started_at=job.started_at or now,
        )
    except IllegalTransition:
        return None
    first_part_s = FIRST_PART_S if in_parts else 0.0
    Attempt.objects.create(job_id=job.pk, token=claim.token, worker=worker, started_at=now, device_s=first_part_s)
    return claim


def hold(claim: Claim, **changes: Any) -> None:
    """Hold the lease for another while; `changes` go into the row with it. Raises LeaseLost."""
    changes |= {"lease_until": clock.now() + timedelta(seconds=claim.lease_s)}
    if not Job.objects.filter(pk=claim.job_id, token=claim.token, state=State.RUNNING).update(**changes):
        raise LeaseLost(f"Attempt {claim.token} no longer owns job {claim.job_id}.")


def beat(claim: Claim, **progress: Any) -> str:
    """Hold the lease for another while, carry progress up; returns what the job is asked to do ("" for nothing)."""
    hold(claim, **progress, **({"used": claim.measured()} if claim.measured else {}))
    return Job.objects.values_list("wants", flat=True).get(pk=claim.job_id)


@transaction.atomic
def report(claim: Claim, type_: str, data: dict[str, Any], **changes: Any) -> None:
    """Keep one event of the job; `changes` (a checkpoint) go into the row in the same transaction."""
    hold(claim, **changes)
    JobEvent.objects.create(job_id=claim.job_id, type=type_, at=clock.now(), data=data)


@transaction.atomic
def note_facts(claim: Claim, said: dict[str, Any]) -> None:
    """Keep how this attempt runs: with the attempt, where it stays, and in the job's row for whoever looks now."""
    attempt = Attempt.objects.filter(job_id=claim.job_id, token=claim.token)
    facts = attempt.values_list("facts", flat=True).get() | said
    attempt.update(facts=facts)
    report(claim, "facts", said, facts=facts)


@transaction.atomic
def finish(claim: Claim, to: str, *, reason: str = "", **changes: Any) -> None:
    """End the attempt and the job's run: succeeded, failed, errored, cancelled or paused."""
    used = _close(claim, to, reason)
    _move(claim, to, reason=reason, used=used, **changes)


@transaction.atomic
def release(
    claim: Claim, *, reason: str, outcome: str = "released", not_before: datetime | None = None, **changes: Any
) -> None:
    """Give the job back to the queue, or where a person meanwhile asked for it; leaving is never counted as poison."""
    if outcome == "released" and not_before is None and preempt.was_asked(claim.job_id):
        reason = preempt.YIELDED
    used = _close(claim, outcome, reason)
    back = {"reason": reason, "not_before": not_before, "wants": ""}
    to, said = _left(claim.job_id, reason) or (State.QUEUED, back)
    _move(claim, to, barren_attempts=0, used=used, **said, **changes)


@transaction.atomic
def take_back(job: Job, *, actor: str, reason: str, silent: bool = False, used: dict[str, Any] | None = None) -> None:
    """An attempt that died, or whose worker fell silent: back to the queue, or failed where that is poison.

    `used` is what it has used; unless somebody knows, what its last beat said.
    """
    gone = Claim(job.pk, job.token, job.worker, 0, measured=(lambda: used) if used else None)
    _close(gone, "lost" if silent else "died", reason)
    to, said = _left(job.pk, reason) or _tried_again(job, reason)
    held = {"token": job.token, "lease_until": job.lease_until}
    move(job.pk, to, actor=actor, sources=(State.RUNNING,), held=held, **said)


def _left(job_id: uuid.UUID, reason: str) -> tuple[str, dict[str, Any]] | None:
    """Where a person asked for the job while an attempt had it; None where nobody did. No wish comes in between."""
    match Job.objects.select_for_update().values_list("wants", flat=True).get(pk=job_id):
        case "cancel":
            return State.CANCELLED, {"reason": "cancelled; " + reason}
        case "pause":
            return State.PAUSED, {"reason": reason, "wants": ""}
    return None


def _tried_again(job: Job, reason: str) -> tuple[str, dict[str, Any]]:
    if not _is_poison(job):
        return State.QUEUED, {"reason": f"starts again: {reason}"}
    said = f"{job.barren_attempts} attempts in a row ended without progress; the last: {reason}"
    return State.FAILED, {"reason": said, "error_code": "poison", "error_detail": said}


def _is_poison(job: Job) -> bool:
    """Whether it is the job that ends its attempts: of those in a row without progress, enough died by themselves.

    A worker that fell silent was killed, or its machine was: that says little of the job, and many of them are needed.
    """
    if not settings.POISON_ATTEMPTS <= job.barren_attempts < settings.POISON_LOST_ATTEMPTS:
        return job.barren_attempts >= settings.POISON_ATTEMPTS
    barren = Attempt.objects.filter(job_id=job.pk, token__gt=job.token - job.barren_attempts)
    return barren.filter(outcome="died").count() >= settings.POISON_ATTEMPTS


def _move(claim: Claim, to: str, **changes: Any) -> None:
    try:
        move(claim.job_id, to, actor=claim.actor, sources=(State.RUNNING,), held=claim.held, **changes)
    except IllegalTransition as late:
        raise LeaseLost(f"Attempt {claim.token} no longer owns job {claim.job_id}.") from late


def _close(claim: Claim, outcome: str, reason: str) -> dict[str, Any]:
    """End the attempt's row; returns what it has used."""
    rows = Job.objects.select_for_update().only("project_id", "used")  # before its attempt, as elsewhere
    job = rows.get(pk=claim.job_id)
    now, used = clock.now(), claim.measured() if claim.measured else job.used
    row = Attempt.objects.filter(job_id=claim.job_id, token=claim.token, ended_at=None).first()
    if row is None:
        return used
    row.used = used
    row.ended_at, row.outcome, row.reason = now, outcome, reason
    by_parts, row.device_s = row.device_s, row.device_s or max(0.0, (now - row.started_at).total_seconds())
    row.save(update_fields=["ended_at", "outcome", "reason", "device_s", "used"])
    if not by_parts:  # else it shared batches, and each part was charged when it was done
        charge(job.project_id, row.device_s, now)
    return used
