"""Whether a job that was chosen may start: policies may have been set since it was submitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from catalog.models import DatasetVersion, ModelVersion
from jobs import policing
from jobs.earlier import inputs_of
from jobs.models import Job, State
from jobs.transitions import IllegalTransition, move

if TYPE_CHECKING:
    from audit.policy import Policy

Rules = Callable[[UUID], "Sequence[Policy]"]  # the policies of a project, looked up once in a claim


def may_start(job: Job, rules: Rules, *, actor: str) -> bool:
    """Whether the policies of its project let a queued job start now; else it is held, or has failed.

    False also where somebody is just deciding on its models or data, or erasing them: it stays in the queue.
    """
    judging = [rule for rule in rules(job.project_id) if rule.moment == "use"]
    return not judging or _judged(job, judging, actor)


def _judged(job: Job, rules: Sequence[Policy], actor: str) -> bool:
    whole = Job.objects.select_related("project", "submitted_by").get(pk=job.pk)
    try:
        if not _seems_held(whole, rules):
            return True
        with transaction.atomic():
            held = _kept(whole) and policing.hold(whole, inputs_of(whole), rules)
            if held:
                move(job.pk, State.HELD, actor=actor, reason=held, sources=(State.QUEUED,))
            return held == ""
    except policing.PolicyRefuses as error:
        facts = {name: value for name, value in error.as_dict().items() if name not in ("code", "detail")}
        said = {"error_code": error.code, "error_detail": error.detail, "error_facts": facts}
        move(job.pk, State.FAILED, actor=actor, reason=error.detail, sources=(State.QUEUED,), **said)
    except IllegalTransition:  # somebody cancelled it
        pass
    return False


def _seems_held(job: Job, rules: Sequence[Policy]) -> bool:
    """A look that locks and asks for nothing: most jobs are let through."""
    with transaction.atomic():
        held = policing.hold(job, inputs_of(job), rules)
        transaction.set_rollback(bool(held))
    return bool(held)


def _kept(job: Job) -> bool:
    """Let nobody decide on its models and data before this transaction has ended; False where somebody is at it.

    Others lock these before jobs. A claim has its job already, so it waits for none of them.
    """
    for name, rows in (("model_version", ModelVersion.objects), ("dataset_version", DatasetVersion.objects)):
        wanted = rows.filter(pk__in=job.inputs.exclude(**{name: None}).values(name)).order_by("pk")
        if len(wanted.select_for_update(no_key=True, skip_locked=True).values_list("pk")) < wanted.count():
            return False
    return True
