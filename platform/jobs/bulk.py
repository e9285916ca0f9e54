"""One verb on many jobs: each is asked by itself, and each answers for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from jobs import services
from jobs.models import Job
from jobs.order import set_priority
from models_store.errors import InvalidInput, NotFound, ProductError

MOST = 1000  # jobs of one request
VERBS: Mapping[str, Callable[..., Job]] = {
    "cancel": services.cancel,
    "pause": services.pause,
    "resume": services.resume,
    "retry": services.retry,
}
ACTIONS = (*VERBS, "priority")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it for one job; where it was not done, `code` and `detail` say why and `state` what is so."""

    id: UUID
    done: bool
    state: str = ""
    state_reason: str = ""
    code: str = ""
    detail: str = ""


def ask_all(
    jobs: Mapping[UUID, Job], ids: Iterable[UUID], action: str, *, actor: User, priority: int | None = None
) -> list[Outcome]:
    """Ask each job of `ids`; `jobs` are those among them that the person may see."""
    if action not in ACTIONS:
        raise InvalidInput("There is no such action.", field="action", expected=list(ACTIONS), got=action)
    if action == "priority" and priority is None:
        raise InvalidInput("Say which priority.", field="priority", expected="-100 to 100")
    return [_asked(jobs.get(one), one, action, actor, priority) for one in dict.fromkeys(ids)]


def _asked(job: Job | None, job_id: UUID, action: str, actor: User, priority: int | None) -> Outcome:
    try:
        if job is None:
            raise NotFound()
        job = set_priority(job, priority, actor=actor) if action == "priority" else VERBS[action](job, actor=actor)
    except ProductError as error:
        stands = Job.objects.filter(pk=job.pk).values("state", "state_reason").first() if job else None
        return Outcome(id=job_id, done=False, code=error.code, detail=error.detail, **(stands or {}))
    return Outcome(id=job_id, done=True, state=job.state, state_reason=job.state_reason)
