"""Whether a job that was chosen may start: policies may have been set since it was submitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from jobs import policing
from jobs.earlier import inputs_of
from jobs.models import Job, State
from jobs.transitions import IllegalTransition, move

if TYPE_CHECKING:
    from audit.policy import Policy

Rules = Callable[[UUID], "Sequence[Policy]"]  # the policies of a project, looked up once in a claim


def may_start(job: Job, rules: Rules, *, actor: str) -> bool:
    """Whether the policies of its project let a queued job start now; else it is held, or has failed."""
    judging = [rule for rule in rules(job.project_id) if rule.moment == "use"]
    return not judging or _judged(job, judging, actor)


def _judged(job: Job, rules: Sequence[Policy], actor: str) -> bool:
    whole = Job.objects.select_related("project", "submitted_by").get(pk=job.pk)
    try:
        with transaction.atomic():
            if held := policing.hold(whole, inputs_of(whole), rules):
                move(job.pk, State.HELD, actor=actor, reason=held, sources=(State.QUEUED,))
    except policing.PolicyRefuses as error:
        facts = {name: value for name, value in error.as_dict().items() if name not in ("code", "detail")}
        said = {"error_code": error.code, "error_detail": error.detail, "error_facts": facts}
        move(job.pk, State.FAILED, actor=actor, reason=error.detail, sources=(State.QUEUED,), **said)
        return False
    except IllegalTransition:  # somebody cancelled it
        return False
    return not held
