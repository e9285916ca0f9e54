"""The verbs on jobs that are there: cancel, pause, resume, retry."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from accounts.services import require_steering
from audit.services import append
from jobs.models import ENDED, Job, JobAfter, State
from jobs.saved_state import check_files, check_saved_state
from jobs.standing import lock, settle
from jobs.transitions import IllegalTransition, move


def cancel(job: Job, *, actor: User) -> Job:
    """End a job: at once where it waits, between two steps where it runs. Asking twice changes nothing."""
    return _ask(job, "cancel", State.CANCELLED, actor, reason=f"cancelled by {actor.username}")


def pause(job: Job, *, actor: User) -> Job:
    """Stop a job and keep its state; the memory is free until it is resumed."""
    return _ask(job, "pause", State.PAUSED, actor, reason=f"paused by {actor.username}")


def _ask(job: Job, want: str, to: str, actor: User, *, reason: str) -> Job:
    require_steering(actor, job.project)
    with transaction.atomic():
        lock([job.pk])  # else a worker claims it between the two looks, and nobody has asked the attempt for anything
        running = Job.objects.filter(pk=job.pk, state=State.RUNNING).exclude(wants__in=(want, "cancel"))
        if running.update(wants=want, state_reason=f"{want} asked for by {actor.username}"):
            append(actor=actor.username, verb=f"job.{want}_asked", subject=("job", str(job.pk)), project=job.project_id)
        job.refresh_from_db()
        if job.state == State.RUNNING and job.wants == "cancel" != want:
            raise IllegalTransition("Too late: the job is being cancelled.", expected=want, got=job.wants)
        if job.state not in (to, State.RUNNING):
            waiting = (State.HELD, State.QUEUED, State.PAUSED) if to == State.CANCELLED else (State.QUEUED,)
            if job.state in ENDED:
                raise IllegalTransition(f"Too late: the job is {job.state}.", expected=list(waiting), got=job.state)
            move(job.pk, to, actor=actor.username, reason=reason, sources=waiting)
            job.refresh_from_db()
    return job


def resume(job: Job, *, actor: User) -> Job:
    """Put a paused job back in the queue; it goes on from its saved state."""
    return _requeue(job, (State.PAUSED,), actor, f"resumed by {actor.username}")


def retry(job: Job, *, actor: User) -> Job:
    """Put a job that ended without success back in the queue; it goes on from its last saved state, if any.

    One that comes after others waits for them again; EarlierJobEnded where one of them stands failed or cancelled.
    """
    sources = (State.FAILED, State.ERRORED, State.CANCELLED)
    return _requeue(job, sources, actor, f"tried again by {actor.username}")


def _requeue(job: Job, sources: tuple[str, ...], actor: User, reason: str) -> Job:
    require_steering(actor, job.project)
    cleared = {"error_code": "", "error_detail": "", "error_facts": {}, "traceback": "", "finished_at": None}
    with transaction.atomic():
        earlier = JobAfter.objects.filter(job=job).values_list("earlier", flat=True)
        lock([*earlier, job.pk], job.inputs.exclude(model_version=None).values("model_version"))
        job.refresh_from_db(fields=["state"])
        if job.state != State.QUEUED:
            if job.state in sources:
                check_saved_state(job)
                check_files(job)
            held = settle(job) if job.state in sources else ""
            to, why = (State.HELD, held) if held else (State.QUEUED, reason)
            move(job.pk, to, actor=actor.username, reason=why, sources=sources, barren_attempts=0, wants="", **cleared)
    job.refresh_from_db()
    return job
