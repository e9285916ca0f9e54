"""The jobs that a job comes after: found by what a body says of them, and what they will have made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.models import Project, User
from accounts.services import visible_projects
from catalog.models import DatasetVersion
from catalog.plugins import plugin
from jobs.models import ENDED, Job, JobInput, State
from jobs.request import Named, Promise, modality_of
from models_store.errors import Conflict, InvalidInput, NotFound
from models_store.ids import is_uuid

MOST = 20  # jobs that one job may come after
PREFIX = "job:"
WORDS = {"model_version": "model version", "dataset_version": "data set version"}


class EarlierJobEnded(Conflict):
    """A job that this one comes after has ended without success."""

    code = "earlier_job_ended"


def succeeds_or_may(job: Job, *, field: str | None = None) -> Job:
    """The job, or EarlierJobEnded where nothing can come after it any more."""
    if job.state in ENDED and job.state != State.SUCCEEDED:
        raise EarlierJobEnded(
            f"{job} is {job.state}: try that job again first, or submit without it.", field=field,
            expected="a job that waits, runs or has succeeded", got=job.state,
        )  # fmt: skip
    return job


def job_for(user: User, said: Any, *, field: str) -> Job:
    """A job to come after, by its id, as far as the person may see it."""
    name = str(said).removeprefix(PREFIX)
    rows = Job.objects.filter(project__in=visible_projects(user)).select_related("project")
    found = rows.filter(pk=name).first() if is_uuid(name) else None
    if found is None:
        raise NotFound(f"There is no job {name!r} that you may see.", field=field, expected="the id of a job", got=said)
    return succeeds_or_may(found, field=field)


def named(body: Mapping[str, Any], actor: User) -> list[Job]:
    """The jobs of `after`."""
    said = body.get("after")
    if said is None:
        return []
    if not isinstance(said, list) or len(said) > MOST:
        raise InvalidInput("after is a list of jobs.", field="after", expected=f"at most {MOST} ids of jobs", got=said)
    return [job_for(actor, one, field=f"after[{place}]") for place, one in enumerate(said)]


def promise_of(job: Job, takes: str, *, field: str) -> Promise:
    """What the job makes or has made, for a role that takes such a thing."""
    produces = plugin("kind", job.kind).abilities["produces"]
    if produces != takes:
        raise InvalidInput(
            f"{job} makes no {WORDS.get(takes, takes)}.", code="wrong_product", field=field, expected=takes,
            got=produces,
        )  # fmt: skip
    return promised(job.pk, produces, job.project, job.family, inputs_of(job))


def promised(job_id: UUID, produces: str, project: Project, family: str, inputs: Mapping[str, Named]) -> Promise:
    """What a job with these inputs makes."""
    data = next((given for given in inputs.values() if isinstance(given, DatasetVersion) or _of_data(given)), None)
    known: dict[str, Any] = {"job_id": job_id, "takes": produces, "project": project, "family": family, "data": data}
    return Promise(**known, modality=modality_of(data))


def _of_data(given: Named) -> bool:
    return isinstance(given, Promise) and given.takes == "dataset_version"


def inputs_of(job: Job) -> dict[str, Named]:
    """What a job works on, by role; files that people brought are left out."""
    related = ("dataset_version__dataset__project", "model_version__model__project", "from_job__project")
    found: dict[str, Named] = {}
    for row in job.inputs.select_related(*related).order_by("pk"):
        if given := row.dataset_version or row.model_version or _promise(row):
            found[row.role] = given
    return found


def _promise(row: JobInput) -> Promise | None:
    job = row.from_job
    return promise_of(job, plugin("kind", job.kind).abilities["produces"], field=row.role) if job else None


def maker_of(given: Named) -> UUID | None:
    """The job that this input waits for: of a promise, or the one that still reads a data set version."""
    if isinstance(given, Promise):
        return given.job_id
    if isinstance(given, DatasetVersion):
        reading = JobInput.objects.filter(dataset_version=given, role="into").values_list("job_id", flat=True)
        return reading.first()
    return None
