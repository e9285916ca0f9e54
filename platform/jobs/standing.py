"""Where a job that does not run stands: behind earlier jobs, before a person's decision, or in the queue.

One answer for all who ask: a submission, an earlier job's end, an approval, a person who resumes or tries again.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from audit.policies import in_force
from catalog.models import DatasetVersion, ModelVersion, Stage, VersionState
from catalog.stages import USABLE
from config.quick_rows import lock_row
from jobs import fitting, policing
from jobs.ancestry import NEEDS_CONFIRMING, unconfirmed
from jobs.earlier import WORDS, EarlierJobEnded, inputs_of, succeeds_or_may
from jobs.models import Job, JobAfter, State
from jobs.parents import ROLE as PARENT
from jobs.releasing import staying_kinds
from models_store.errors import Conflict, InvalidInput, ProductError

if TYPE_CHECKING:
    from audit.policy import Policy

log = logging.getLogger(__name__)
GONE = (VersionState.ERASING, VersionState.ERASED)
FREE = "waits for a free worker"
NEEDS_APPROVAL = "held: needs approval of {model} by a second person (a reviewer of the project)"
NAMED = 3  # earlier jobs that a reason names
ENDS = {State.FAILED: "failed", State.ERRORED: "ended with an error", State.CANCELLED: "was cancelled"}


class DataErased(Conflict):
    """The data were erased: nothing can work on them any more."""

    code = "data_erased"


class ModelUnusable(Conflict):
    """The model version was rejected, retired or revoked; no new job may use it."""

    code = "model_unusable"


def hold_reason(kind: str, inputs: Mapping[str, Any], actor: User) -> str:
    """Why a job has to wait for a person; "" when it need not.

    A draft generates for its submitter only, and only its submitter trains on from it; of several models each must be
    usable. The first that is not says why. An approved one whose parent was revoked since is held for all.
    """
    versions = {role: given for role, given in inputs.items() if isinstance(given, ModelVersion)}
    releases = bool(versions) and kind not in staying_kinds()
    used = {role: version for role, version in versions.items() if releases or role == PARENT}
    for role, version in used.items():
        if version.stage not in USABLE:
            field = "model_version" if role == "model" else f"inputs.{role}"
            raise ModelUnusable(f"{version} is {version.stage}.", field=field, expected="approved", got=version.stage)
    drafts = [one for one in used.values() if one.stage == Stage.DRAFT and one.created_by_id != actor.pk]
    if drafts:
        return NEEDS_APPROVAL.format(model=drafts[0])
    doubted = ((one, unconfirmed(one)) for one in used.values())
    return next((NEEDS_CONFIRMING.format(model=one, parent=parent) for one, parent in doubted if parent), "")


def settle(job: Job, rules: Sequence[Policy] | None = None) -> str:
    """Give a job what earlier ones have made for it, and say what holds it; "" where it may run.

    `rules` are the policies of its project, where they were looked up already. Raises what makes it impossible:
    EarlierJobEnded, ModelUnusable, PolicyRefuses, or InvalidInput for inputs that do not fit. The
    caller holds a `lock` on earlier jobs and models, or the row of a job that is held already: whoever ends or decides
    comes to that row afterwards, so nothing is missed.
    """
    earlier = earlier_of(job)
    for one in earlier:
        succeeds_or_may(one, field="after")
    _fill(job, earlier)
    inputs = inputs_of(job)
    keep_data({given.pk for given in inputs.values() if isinstance(given, DatasetVersion)})
    reason = hold_reason(job.kind, inputs, job.submitted_by)
    if waits := [one for one in earlier if one.state != State.SUCCEEDED]:
        return waits_for(waits)
    if earlier:  # what could not be known when it was submitted
        fitting.check_job(job, inputs)
    return reason or policing.hold(job, inputs, in_force(job.project_id) if rules is None else rules)


def next_of(job_id: UUID, said: str) -> dict[str, Any] | None:
    """Where a held job now goes, as `move` takes it; None where it stays. `said` is why, if that is the queue."""
    job = Job.objects.select_for_update(of=("self",)).filter(pk=job_id, state=State.HELD).first()
    if job is None:
        return None
    if cause := next((one for one in earlier_of(job) if one.state in ENDS), None):
        return {"to": State.CANCELLED} | _because_of(cause)
    try:
        with transaction.atomic():
            held = settle(job)
    except ProductError as error:
        return {"to": State.CANCELLED} | _told(error.as_dict())
    except Exception as bug:  # a training of one night must not be lost over a job that comes after it
        log.exception("job %s could not be let go", job_id)
        why = {"code": "bug", "detail": f"{type(bug).__name__}: {bug}"}
        return {"to": State.ERRORED, "traceback": traceback.format_exc()} | _told(why)
    if held and held == job.state_reason:
        return None
    return {"to": State.HELD, "reason": held} if held else {"to": State.QUEUED, "reason": said}


def earlier_of(job: Job) -> list[Job]:
    """The jobs that it comes after, oldest first."""
    return list(Job.objects.filter(followed_by__job=job).order_by("pk"))


def waiting_for(job_id: UUID) -> list[UUID]:
    """The jobs that wait for this one, oldest first."""
    rows = Job.objects.filter(comes_after__earlier=job_id, state=State.HELD).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def lock(jobs: Collection[UUID] | QuerySet[Any], versions: Collection[UUID] | QuerySet[Any] = ()) -> dict[UUID, str]:
    """Let none of these jobs move, and nobody decide on these model versions or those that the jobs made, before this
    transaction has ended. Returns the stages of the versions, by id.

    Everybody locks versions before jobs, and older rows before newer ones, so that nobody waits in a circle.
    """
    decided_on = ModelVersion.objects.filter(Q(pk__in=versions) | Q(job__in=jobs))
    stages = dict(decided_on.order_by("pk").select_for_update(no_key=True).values_list("pk", "stage"))
    list(Job.objects.filter(pk__in=jobs).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    return stages


def lock_versions(versions: Collection[UUID]) -> dict[UUID, str]:
    """The same for model versions alone, as a submission needs it that comes after no job."""
    found = (lock_row(ModelVersion, id=version) for version in sorted(versions))
    return {one.pk: one.stage for one in found if one}


def keep_data(versions: Collection[UUID]) -> None:
    """Let nobody erase these data before this transaction has ended; DataErased where somebody has."""
    rows = DatasetVersion.objects.select_for_update(no_key=True).filter(pk__in=versions).order_by("pk")
    if versions and any(state in GONE for state in rows.values_list("state", flat=True)):
        raise DataErased(field="dataset_version")


def with_followers(jobs: Iterable[UUID]) -> set[UUID]:
    """These jobs and all that come after them, however far: what an end of these jobs reaches.

    Whoever ends several jobs locks all of these first. A follower may be older than another job that is ended (the
    third job of a pipeline uses the model that the first one used): locked as its turn came, it would be taken after
    a newer one, against the order of everybody else, and two who do that wait for each other.
    """
    found, above = set(jobs), set(jobs)
    while above:
        rows = JobAfter.objects.filter(earlier__in=above, job__state=State.HELD).values_list("job", flat=True)
        above = set(rows) - found
        found |= above
    return found


def waits_for(earlier: list[Job]) -> str:
    """The reason of a job that waits for others."""
    named = ", ".join(map(str, earlier[:NAMED]))
    return f"waits for job{'s' if len(earlier) > 1 else ''} {named}" + (", …" if len(earlier) > NAMED else "")


def _because_of(cause: Job) -> dict[str, Any]:
    """The reason a job ends with an earlier one: that one's, or the one that it ended with itself."""
    if cause.error_code == EarlierJobEnded.code:
        reason, facts = cause.state_reason, cause.error_facts
    else:
        reason, facts = f"{cause} {ENDS[State(cause.state)]}: {cause.state_reason}", {"job": str(cause.pk)}
    return _told({"code": EarlierJobEnded.code, "detail": reason, **facts})


def _told(error: Mapping[str, Any]) -> dict[str, Any]:
    """An error (models_store/errors.py) as the columns of the job that ends with it."""
    facts = {name: value for name, value in error.items() if name not in ("code", "detail")}
    reason = error["detail"]
    return {"reason": reason, "error_code": error["code"], "error_detail": reason, "error_facts": facts}


def _fill(job: Job, earlier: list[Job]) -> None:
    """Put what earlier jobs made into the inputs that name them."""
    done = {one.pk: one for one in earlier if one.state == State.SUCCEEDED}
    rows = job.inputs.filter(from_job__in=done, dataset_version=None, model_version=None)
    for row in rows:
        maker = done[row.from_job_id]
        made = {f"{name}_id": maker.result[name] for name in WORDS if name in maker.result}
        if len(made) != 1:
            raise InvalidInput(f"{maker} left nothing to work on.", code="wrong_product", field=row.role)
        job.inputs.filter(pk=row.pk).update(**made)
