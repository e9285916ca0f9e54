"""Bytes past the days that a project keeps them: marked in small batches, and given to the sweeper to delete.

The row stays, with its digest, its manifest and its leaf of the log: what was made and by what can still be proven.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Project
from audit.services import append
from config import clock
from jobs.models import Job, JobEvent, JobInput
from lineage.coverage import Covered, covered, keep_holds
from lineage.forgetting import SWEEPER, doom, forget_due
from lineage.models import Artifact
from lineage.references import STAYING, digests
from models_store.errors import ProductError

BATCH = 200  # rows a transaction
LONGEST_S = 2.0  # of one call
LINES = ("log", "partial")
Expire = Callable[[Project, Covered, datetime, datetime], int]


class Expired(ProductError):
    """It was deleted: the project keeps such files for a limited time."""

    code, http_status = "expired", 410


def require_kept(artifact: Artifact) -> None:
    """Expired, with the date, where the bytes of an artifact were given up."""
    refuse_if(artifact.expired_at)


def refuse_if(expired_at: datetime | None) -> None:
    """Expired, with the date."""
    if expired_at is not None:
        said = f"It was deleted on {expired_at:%Y-%m-%d}: the project keeps such files for a limited time."
        raise Expired(said, expired_at=expired_at.isoformat(timespec="seconds"))


def keep_days(now: datetime | None = None) -> int:
    """What every worker does now and then: mark what is past its days, delete what was marked; returns how many rows.

    Bounded in time: what is left, the next call takes.
    """
    moment, end, done = now or clock.now(), time.monotonic() + LONGEST_S, 0
    for project in due_projects(moment):
        done += _of_project(project, moment, end)
    while forget_due(moment) and time.monotonic() < end:
        pass
    return done


def due_projects(now: datetime) -> QuerySet[Project]:
    """Projects that keep something for a limited time, the grace time after that was set."""
    since = now - timedelta(hours=settings.RETENTION_GRACE_HOURS)
    limited = Project.objects.filter(Q(artifact_days__gt=0) | Q(upload_days__gt=0) | Q(log_days__gt=0))
    return limited.filter(retention_set_at__lte=since)


def _of_project(project: Project, now: datetime, end: float) -> int:
    done = 0
    duties = ((_artifacts, project.artifact_days), (_files, project.artifact_days), (_uploads, project.upload_days),
              (_logs, project.log_days))  # fmt: skip
    for expire, days in duties:
        if not days:
            continue
        cutoff = now - timedelta(days=days)
        while (count := _batch(expire, project, cutoff, now)) and time.monotonic() < end:
            done += count
        done += count
    return done


@transaction.atomic
def _batch(expire: Expire, project: Project, cutoff: datetime, now: datetime) -> int:
    """No hold is set between the look at the holds and the end of the batch."""
    keep_holds(project.pk)
    reached = covered(project.pk)
    return 0 if reached.everything else expire(project, reached, cutoff, now)


def _artifacts(project: Project, reached: Covered, cutoff: datetime, now: datetime) -> int:
    """Artifacts of jobs that have ended; one that goes on needs them for its archive.

    Ids sort by time: where the oldest are too young, so are the others, and nobody looks through all of them.
    """
    rows = Artifact.objects.filter(project=project, expired_at=None).exclude(job__finished_at=None)
    rows = rows.exclude(pk__in=reached.artifacts).exclude(job__in=reached.making)
    batch = [row for row in rows.order_by("pk")[:BATCH] if row.created_at < cutoff]
    marked = Artifact.objects.filter(pk__in=[row.pk for row in batch], expired_at=None)
    if not batch or not marked.update(expired_at=now):
        return 0
    doom(project.pk, (one for row in batch for one in (row.sha256, *digests(row.sidecars))), now)
    _record("artifacts.expired", project, [str(row.pk) for row in batch], cutoff)
    return len(batch)


def _files(project: Project, reached: Covered, cutoff: datetime, now: datetime) -> int:
    """Archives and contact sheets."""
    jobs = Job.objects.filter(project=project, files_expired_at=None, finished_at__lt=cutoff)
    batch = list(jobs.exclude(pk__in=reached.jobs).order_by("finished_at").only("pk", "result")[:BATCH])
    if not batch or not Job.objects.filter(pk__in=[job.pk for job in batch]).update(files_expired_at=now):
        return 0
    left = {str(job.pk): _left(job) for job in batch}
    if any(left.values()):
        doom(project.pk, (one for found in left.values() for one in found), now)
        _record("job_files.expired", project, [job for job, found in left.items() if found], cutoff)
    return len(batch)


def _left(job: Job) -> list[str]:
    said = {name: value for name, value in job.result.items() if name.endswith("_sha256") and name not in STAYING}
    return list(digests(said))


def _uploads(project: Project, reached: Covered, cutoff: datetime, now: datetime) -> int:
    """What people brought, once the job that reads it has ended."""
    rows = JobInput.objects.filter(job__project=project, upload_expired_at=None).exclude(upload_sha256="")
    rows = rows.exclude(job__finished_at=None).exclude(job__in=reached.jobs).select_related("job")
    batch = [row for row in rows.order_by("job_id")[:BATCH] if row.job.finished_at < cutoff]
    if not batch or not JobInput.objects.filter(pk__in=[row.pk for row in batch]).update(upload_expired_at=now):
        return 0
    doom(project.pk, (row.upload_sha256 for row in batch), now)
    _record("uploads.expired", project, [str(row.job_id) for row in batch], cutoff)
    return len(batch)


def _logs(project: Project, reached: Covered, cutoff: datetime, now: datetime) -> int:
    """Lines of the logs of jobs; states, curves and reasons stay."""
    jobs = Job.objects.filter(project=project, logs_expired_at=None, finished_at__lt=cutoff)
    batch = list(jobs.exclude(pk__in=reached.jobs).order_by("finished_at").values_list("pk", flat=True)[:BATCH])
    if not batch or not Job.objects.filter(pk__in=batch).update(logs_expired_at=now):
        return 0
    deleted, _kinds = JobEvent.objects.filter(job__in=batch, type__in=LINES).delete()
    if deleted:
        _record("job_logs.expired", project, [str(job) for job in batch], cutoff)
    return len(batch)


def _record(verb: str, project: Project, ids: Sequence[str], cutoff: datetime) -> None:
    detail = {"count": len(ids), "before": cutoff.isoformat(timespec="seconds"), "ids": list(ids)}
    append(actor=SWEEPER, verb=verb, subject=("project", str(project.pk)), project=project.pk, detail=detail)
