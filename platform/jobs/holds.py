"""Decisions on model versions, data set versions and held jobs, and what they do to the jobs that wait for them."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.hands import hands_of
from accounts.models import Role, User
from accounts.services import require
from audit import reviews
from audit.models import Review
from audit.reasons import checked_reason
from audit.services import append
from catalog import data_reviews, stages
from catalog.models import DatasetVersion, ModelVersion, Stage
from jobs.ancestry import unconfirmed
from jobs.models import ENDED, Job, JobInput, State
from jobs.parents import ROLE as PARENT
from jobs.policing import submitters
from jobs.releasing import staying_kinds
from jobs.standing import ModelUnusable, lock, with_followers
from jobs.transitions import IllegalTransition, advance, move
from models_store.errors import Conflict, InvalidInput

STOPPABLE = (State.HELD, State.QUEUED, State.PAUSED)
OF_JOBS = {"approve": "released", "reject": "rejected"}
REJECTED = "rejected_by_reviewer"


class NothingToConfirm(Conflict):
    """No model that this one was trained on from was revoked since it was approved."""

    code = "nothing_to_confirm"


@transaction.atomic
def decide_model(version: ModelVersion, decision: str, *, actor: User, comment: str = "") -> Review:
    """Decide on a model version: releases or ends the jobs that waited for it; a bad one stops what still uses it."""
    require(actor, version.model.project, Role.REVIEWER)
    if decision == "confirm" and unconfirmed(version) is None:
        raise NothingToConfirm(got=str(version))
    review = stages.decide(version, decision, actor=actor, comment=comment)
    using = JobInput.objects.filter(~Q(job__kind__in=staying_kinds()) | Q(role=PARENT), model_version=version)
    uses = Job.objects.filter(pk__in=using.values("job")).order_by("pk")
    lock(with_followers(uses.exclude(state__in=ENDED).values_list("pk", flat=True)))
    if version.stage == Stage.APPROVED:
        waiting = list(uses.filter(state=State.HELD).values_list("pk", flat=True))
        advance(waiting, actor=actor.username, said=f"{version} was approved")
    elif version.stage == Stage.RETIRED:
        _end(uses.filter(state=State.HELD), f"{version} was {version.stage}: {review.comment}", actor)
    else:
        said = f"{version} was {version.stage}: {review.comment}"
        _end(uses.filter(state__in=STOPPABLE), said, actor)
        _stop(uses.filter(state=State.RUNNING), said, actor)
    return review


@transaction.atomic
def decide_job(job: Job, decision: str, *, actor: User, comment: str = "") -> Review:
    """Release a job that a policy holds, or end it; of two who decide at once the second meets AlreadyDecided."""
    if decision not in OF_JOBS:
        raise InvalidInput(
            f"There is no decision {decision!r}.", field="decision", expected=sorted(OF_JOBS), got=decision
        )
    require(actor, job.project, Role.REVIEWER)
    if hands_of(actor) & submitters(job):
        raise stages.FourEyes("A second person must decide: you submitted this job or brought its data.")
    comment = checked_reason(comment, "comment", required=decision == "reject")
    lock([job.pk])
    review = reviews.record(
        ("job", str(job.pk)),
        project=job.project_id,
        reviewer=actor.username,
        decision=decision,
        verb=f"job.{OF_JOBS[decision]}",
        comment=comment,
        waits=True,
    )
    if decision == "approve":
        advance([job.pk], actor=actor.username, said=f"released by {actor.username}")
    else:
        said = f"rejected by {actor.username}: {comment}"
        ended = {"error_code": REJECTED, "error_detail": said}
        move(job.pk, State.FAILED, actor=actor.username, reason=said, sources=(State.HELD,), **ended)
    return review


@transaction.atomic
def decide_data(version: DatasetVersion, decision: str, *, actor: User, comment: str = "") -> Review:
    """Decide on a data set version: jobs that waited for that go on, or end."""
    waiting = _kept_with_data(version)
    review = data_reviews.decide_data(version, decision, actor=actor, comment=comment)
    advance(waiting, actor=actor.username, said=f"{version} was {data_reviews.DECISIONS[decision]}")
    return review


def _kept_with_data(version: DatasetVersion) -> set[UUID]:
    """The jobs that wait for a decision on it, locked before its own row, as everybody does.

    Where one came to wait between the two looks, all locks are given back and taken anew, with that one.
    """
    uses = Job.objects.filter(inputs__dataset_version=version, state=State.HELD).values_list("pk", flat=True)
    while True:
        with transaction.atomic():
            locked = with_followers(uses.all())
            lock(locked)
            DatasetVersion.objects.select_for_update(no_key=True).only("pk").get(pk=version.pk)
            waiting = set(uses.all())  # asked anew
            if waiting <= locked:
                return waiting
            transaction.set_rollback(True)


def _end(jobs: QuerySet[Job], said: str, actor: User) -> None:
    ended = {"error_code": ModelUnusable.code, "error_detail": said}
    for job in jobs:
        try:
            move(job.pk, State.FAILED, actor=actor.username, reason=said, sources=STOPPABLE, **ended)
        except IllegalTransition:  # it has ended with one that it came after
            continue


def _stop(jobs: QuerySet[Job], said: str, actor: User) -> None:
    """Ask running jobs to leave between two steps; what they made until then stays."""
    for job in jobs:
        if Job.objects.filter(pk=job.pk, state=State.RUNNING).update(wants="cancel", state_reason=said):
            subject = ("job", str(job.pk))
            append(actor=actor.username, verb="job.cancel_asked", subject=subject, project=job.project_id)
