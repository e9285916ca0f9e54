"""A decision on a model version, and what it does to the jobs that use it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from audit.services import append
from catalog import stages
from catalog.models import ModelVersion, Stage
from jobs.models import ENDED, Job, JobInput, State
from jobs.parents import ROLE as PARENT
from jobs.releasing import staying_kinds
from jobs.standing import ModelUnusable, lock
from jobs.transitions import IllegalTransition, advance, move

STOPPABLE = (State.HELD, State.QUEUED, State.PAUSED)


@transaction.atomic
def decide_model(version: ModelVersion, decision: str, *, actor: User, comment: str = "") -> ModelVersion:
    """Decide on a model version: releases or ends the jobs that waited for it; a bad one stops what still uses it."""
    version = stages.decide(version, decision, actor=actor, comment=comment)
    using = JobInput.objects.filter(~Q(job__kind__in=staying_kinds()) | Q(role=PARENT), model_version=version)
    uses = Job.objects.filter(pk__in=using.values("job")).order_by("pk")
    lock(uses.exclude(state__in=ENDED).values("pk"))
    if version.stage == Stage.APPROVED:
        waiting = list(uses.filter(state=State.HELD).values_list("pk", flat=True))
        advance(waiting, actor=actor.username, said=f"{version} was approved")
    elif version.stage == Stage.RETIRED:
        _end(uses.filter(state=State.HELD), f"{version} was {version.stage}: {comment}", actor)
    else:
        said = f"{version} was {version.stage}: {comment}"
        _end(uses.filter(state__in=STOPPABLE), said, actor)
        _stop(uses.filter(state=State.RUNNING), said, actor)
    return version


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
