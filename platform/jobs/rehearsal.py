"""A submission that is checked as if it were sent, and when it would begin and end; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts.models import Role, User
from accounts.services import require
from audit.policies import in_force
from jobs import policing
from jobs.admission import admit
from jobs.forecast import Forecast, Scene, expected
from jobs.models import Job, Window
from jobs.pace import size_of
from jobs.request import Request
from jobs.standing import hold_reason
from jobs.storage import require_room_for
from jobs.submission import queue_name


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What would be submitted; `held` is why a person would have to decide first, "" where nobody has to."""

    request: Request
    held: str = ""


@transaction.atomic
def rehearse(body: Mapping[str, Any], *, actor: User) -> Rehearsal:
    """Check a body as `submission.send` would, policies and quotas with it; raises what that would raise."""
    request = admit(body, actor=actor)
    require(actor, request.project, Role.SUBMITTER)
    require_room_for((one.kind for one in request.whole()), request.project)
    rules = in_force(request.project.pk)
    policy = policing.would_hold(request, rules, actor.username)
    return Rehearsal(request=request, held=hold_reason(request.kind, request.inputs, actor) or policy)


def foreseen(request: Request, window: Window | None, scene: Scene) -> Forecast:
    """When such a job would begin and end if it were submitted now; a constant number of queries."""
    job = Job(
        project=request.project, kind=request.kind, family=request.family, params=dict(request.params),
        queue=queue_name(request.queue), priority=request.priority, window=window, created_at=scene.now,
    )  # fmt: skip
    job.forecast = {"size": size_of(job.kind, job.params, request.upload_bytes)}
    return expected(job, scene)
