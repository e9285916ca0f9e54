"""Erasing a data set: its bytes, names and free text go; ids, digests and counts stay, and the log stays verifiable.

First the rows say that it is being erased, in one transaction with everything that is forgotten in the database; the
sweeper then deletes the blobs (lineage/forgetting.py) and says when they are gone. A crash in between loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Role, User
from accounts.services import require
from audit.detail_texts import texts
from audit.models import AuditEvent, Review, ReviewRequest
from audit.reasons import checked_reason
from audit.services import append, erase_details
from catalog.models import Dataset, DatasetVersion, ModelVersion, Stage, VersionState
from catalog.services import LATEST
from config import clock
from jobs.ancestry import descendants
from jobs.holds import decide_model
from jobs.models import ENDED, Attempt, Job, JobEvent, JobInput, Schedule, State
from jobs.standing import lock, with_followers
from lineage.coverage import keep_holds
from lineage.data_named import events_naming
from lineage.forgetting import doom
from lineage.kept_items import give_up_items, keeps_items
from lineage.legal_holds import require_free
from lineage.references import digests
from models_store.errors import Conflict, InvalidInput

MODELS = ("keep", "revoke")
KINDS = ("dataset", "dataset_version")
NEAR = ("near_pairs_sha256",)
SHOWN = 10  # jobs that an error names
RECENT = timedelta(minutes=10)  # what is younger is looked through again: a transaction may have been open
ERASED = "(erased)"
WHY = "its data set was erased"


class InUse(Conflict):
    """Jobs that have not ended work on it: cancel them, or wait for their end."""

    code = "in_use"


class ErasedAlready(Conflict):
    """The data set was erased already."""

    code = "erased_already"


def erase_dataset(dataset: Dataset, *, name: str, actor: User, models: str = "keep", reason: str = "") -> Dataset:
    """Erase a data set whose name was typed again. With `models` "revoke", models trained on it are revoked first.

    Raises HeldForLaw, InUse, ErasedAlready, or InvalidInput for a name that is not the data set's.
    """
    require(actor, dataset.project, Role.OWNER)
    reason = checked_reason(reason, "reason", required=False)
    if models not in MODELS:
        raise InvalidInput("Models stay or are revoked.", field="models", expected=list(MODELS), got=models)
    if name != dataset.name:
        raise InvalidInput("Type the name of the data set.", field="name", expected=dataset.name, got=name)
    since = clock.now() - RECENT
    named = events_naming(name, dataset.project_id)  # seconds in a long log: nobody waits meanwhile
    return _erase(dataset, models, reason, actor, named, since)


@transaction.atomic
def _erase(
    dataset: Dataset, models: str, reason: str, actor: User, named: Collection[UUID], since: datetime
) -> Dataset:
    """All at once; `named` are the events up to a while after `since` whose detail names it."""
    keep_holds(dataset.project_id)
    _lock(dataset)
    for version in models_from(dataset).exclude(stage=Stage.REVOKED):
        if models == "revoke" or keeps_items(version):
            decide_model(version, "revoke", actor=actor, comment=reason or WHY)
    dataset = Dataset.objects.select_for_update(of=("self",)).select_related("project").get(pk=dataset.pk)
    if dataset.erased_at:
        raise ErasedAlready(got=str(dataset.pk))
    versions = list(DatasetVersion.objects.select_for_update(no_key=True).filter(dataset=dataset).order_by("pk"))
    require_free(dataset)
    _require_unused(versions)
    now = clock.now()
    _forget(dataset, versions, now, actor, {*named, *events_naming(dataset.name, dataset.project_id, since)})
    append(
        actor=actor.username, verb="dataset.erased", subject=("dataset", str(dataset.pk)), project=dataset.project_id,
        detail={"versions": [version.sha256 for version in versions], "models": models, "reason": reason}, at=now,
    )  # fmt: skip
    dataset.refresh_from_db()
    return dataset


def _lock(dataset: Dataset) -> None:
    """Models, then jobs, each from the oldest on, as everybody does; data come after them."""
    models = list(models_from(dataset).values_list("pk", flat=True))
    using = Job.objects.filter(inputs__model_version__in=models).exclude(state__in=ENDED)
    jobs = with_followers(using.values_list("pk", flat=True))
    lock(jobs | set(_jobs_of(dataset.versions.all()).values_list("pk", flat=True)), models)


def models_from(dataset: Dataset) -> QuerySet[ModelVersion]:
    """Models trained on it, and models trained on from those: they learned from it too."""
    jobs = JobInput.objects.filter(dataset_version__dataset=dataset).exclude(role="into").values("job")
    first = set(ModelVersion.objects.filter(job__in=jobs).values_list("pk", flat=True))
    first |= set(ModelVersion.objects.filter(dataset_version__dataset=dataset).values_list("pk", flat=True))
    every = first | {version.pk for version in descendants(first)}
    return ModelVersion.objects.filter(pk__in=every).select_related("model__project").order_by("pk")


def _require_unused(versions: Iterable[DatasetVersion]) -> None:
    rows = Job.objects.filter(inputs__dataset_version__in=list(versions)).exclude(state__in=ENDED).distinct()
    if using := [str(job.pk) for job in rows.order_by("pk")[:SHOWN]]:
        raise InUse(field="jobs", got=using)


def _forget(dataset: Dataset, versions: list[DatasetVersion], now: datetime, actor: User, named: set[UUID]) -> None:
    """Everything at once: either all of this is written, or nothing."""
    old_name, jobs = dataset.name, _jobs_of(versions)
    reading, learning = jobs.filter(kind="ingest"), jobs.exclude(kind="ingest")
    gone = {one for version in versions for one in digests(version.files)}
    uploads = JobInput.objects.filter(job__in=reading).exclude(upload_sha256="")
    gone |= set(uploads.values_list("upload_sha256", flat=True))
    models = list(models_from(dataset))
    gone |= {one for version in models for one in digests(version.near)}
    shown = Job.objects.filter(Q(pk__in=learning) | Q(inputs__model_version__in=models)).distinct()
    pictures = {job.pk: _pictures(job) for job in shown.only("pk", "kind", "result")}
    gone |= {one for job in learning.only("checkpoint") for one in digests(job.checkpoint)}
    gone |= {sha256 for found in pictures.values() for sha256 in found.values()}
    gone |= give_up_items(learning, models)
    doom(dataset.project_id, gone, now, dataset=dataset)
    _forget_rows(dataset, versions, models, now)
    _forget_reading(reading, now)
    learning.update(checkpoint={})
    _forget_sayings(learning, f"{old_name} v", f"erased-{dataset.pk} v")
    _forget_pictures(pictures)
    _forget_words(dataset, versions, reading, old_name, actor, named)


def _jobs_of(versions: Iterable[DatasetVersion]) -> QuerySet[Job]:
    return Job.objects.filter(pk__in=JobInput.objects.filter(dataset_version__in=list(versions)).values("job"))


def _pictures(job: Job) -> dict[str, str]:
    """What shows real items or speaks of each: pairs of near copies, sheets and scores of jobs that measure."""
    names = NEAR if job.kind == "generate" else (*NEAR, "sheet_sha256", "scores_sha256")
    return {name: job.result[name] for name in names if job.result.get(name)}


def _forget_pictures(found: Mapping[UUID, Mapping[str, str]]) -> None:
    for pk, pictures in found.items():
        if pictures:
            job = Job.objects.only("pk", "result").get(pk=pk)
            job.result = {name: value for name, value in job.result.items() if name not in pictures}
            job.save(update_fields=["result"])


def _forget_rows(dataset: Dataset, versions: list[DatasetVersion], models: list[ModelVersion], now: datetime) -> None:
    new_name = f"erased-{dataset.pk}"
    blank = {"source": ERASED, "legal_basis": ERASED, "notes": "", "sensitive_attributes": []}
    Dataset.objects.filter(pk=dataset.pk).update(name=new_name, erased_at=now, **blank)
    kept = any(version.stage != Stage.REVOKED for version in models)  # their controls need the spec
    for version in versions:
        spec = version.spec if kept else {}
        problems = [{"code": said.get("code", "")} for said in version.problems if isinstance(said, dict)]
        said = {"files": {}, "options": {}, "profile": {}, "problems": problems, "spec": spec}
        DatasetVersion.objects.filter(pk=version.pk).update(state=VersionState.ERASING, **said)
    ModelVersion.objects.filter(pk__in=[version.pk for version in models]).update(near={})


def _forget_reading(reading: QuerySet[Job], now: datetime) -> None:
    """File names, lines of logs, reasons and errors of the jobs that read it."""
    inputs = JobInput.objects.filter(job__in=reading).exclude(upload_sha256="")
    inputs.update(upload_name="", upload_expired_at=now)
    Attempt.objects.filter(job__in=reading).update(reason="")
    JobEvent.objects.filter(job__in=reading).exclude(type="state").delete()
    for event in JobEvent.objects.filter(job__in=reading):
        JobEvent.objects.filter(pk=event.pk).update(data=event.data | {"reason": ERASED})
    for job in reading.only("pk", "result"):
        result = {name: value for name, value in job.result.items() if name in ("dataset_version", "counts")}
        facts: dict[str, Any] = {"name": "", "result": result, "error_facts": {}, "params": {}, "traceback": ""}
        said = {"state_reason": ERASED if job_failed(job) else "", "error_detail": "", "logs_expired_at": now}
        Job.objects.filter(pk=job.pk).update(**facts, **said)


def _forget_sayings(learning: QuerySet[Job], old: str, new: str) -> None:
    """The name of a version in what was said of the jobs that worked on it: by which policy one was held or refused."""
    for job in learning.only("pk", "state_reason", "error_detail", "error_facts"):
        facts = {name: getattr(job, name) for name in ("state_reason", "error_detail", "error_facts")}
        Job.objects.filter(pk=job.pk).update(**_renamed(facts, old, new))
    for event in JobEvent.objects.filter(job__in=learning, type="state"):
        if (said := _renamed(event.data, old, new)) != event.data:
            JobEvent.objects.filter(pk=event.pk).update(data=said)
    asked = ReviewRequest.objects.filter(subject_kind="job", subject_id__in=[str(job.pk) for job in learning])
    for request in asked.filter(why__contains=old):
        ReviewRequest.objects.filter(pk=request.pk).update(why=request.why.replace(old, new))


def _renamed(said: Any, old: str, new: str) -> Any:
    if isinstance(said, dict):
        return {name: _renamed(one, old, new) for name, one in said.items()}
    if isinstance(said, list):
        return [_renamed(one, old, new) for one in said]
    return said.replace(old, new) if isinstance(said, str) else said


def job_failed(job: Job) -> bool:
    """Whether it ended without success."""
    return job.state in (State.FAILED, State.ERRORED, State.CANCELLED)


def _forget_words(
    dataset: Dataset, versions: list[DatasetVersion], reading: QuerySet[Job], name: str, actor: User, named: set[UUID]
) -> None:
    """Comments of reviews, and in the log who and what of every event about it or that names it (`named`)."""
    about = [str(dataset.pk), *(str(version.pk) for version in versions)]
    Review.objects.filter(subject_kind__in=KINDS, subject_id__in=about).update(comment="")
    ReviewRequest.objects.filter(subject_kind__in=KINDS, subject_id__in=about).update(why="")
    jobs = [str(job) for job in reading.values_list("pk", flat=True)]
    theirs = Q(subject_kind__in=KINDS, subject_id__in=about) | Q(subject_kind="job", subject_id__in=jobs)
    _forget_schedules(dataset, about, name)
    events = AuditEvent.objects.filter(theirs).values_list("pk", flat=True)
    erase_details({*events, *named}, actor=actor.username)


def _forget_schedules(dataset: Dataset, ids: Iterable[str], name: str) -> None:
    """A recurring job that names it rests: it could not be submitted any more."""
    known = {name, *ids} | {LATEST + one for one in (name, str(dataset.pk))}
    for schedule in Schedule.objects.select_for_update().filter(project=dataset.project):
        if known & {said for _field, said in texts(schedule.body)}:
            schedule.body, schedule.active = _without(schedule.body, known), False
            schedule.save(update_fields=["body", "active"])


def _without(said: Any, known: Container[str]) -> Any:
    if isinstance(said, dict):
        return {name: _without(one, known) for name, one in said.items()}
    if isinstance(said, list):
        return [_without(one, known) for one in said]
    return ERASED if isinstance(said, str) and said in known else said
