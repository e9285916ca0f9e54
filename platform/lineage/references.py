"""Which blobs of a project its rows still need: asked before any is deleted, since several rows may share one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from catalog.models import DatasetVersion, ModelVersion, VersionState
from jobs.models import Job, JobEvent, JobInput
from lineage.models import Artifact

GONE = (VersionState.ERASING, VersionState.ERASED)
STAYING = ("bundle_sha256", "tensorboard_sha256")  # of a job's result: retention leaves them
RESULTS = ("archive_sha256", "sheet_sha256", "near_pairs_sha256", "scores_sha256", *STAYING)


def needed(project_id: UUID, wanted: Collection[str]) -> set[str]:
    """Those of `wanted` (SHA-256) that a row of the project needs which has not given them up."""
    if not wanted:
        return set()
    asked = set(wanted)
    found: set[str] = set()
    for look in (_released, _beside, _uploaded, _of_data, _of_models, _of_jobs, _of_events):
        found |= look(project_id, asked - found) if asked - found else set()
    return found


def digests(said: Any) -> Iterable[str]:
    """Every SHA-256 in a tree of names and values."""
    if isinstance(said, dict):
        for one in said.values():
            yield from digests(one)
    elif isinstance(said, list):
        for one in said:
            yield from digests(one)
    elif isinstance(said, str) and len(said) == 64 and all(letter in "0123456789abcdef" for letter in said):
        yield said


def _released(project_id: UUID, asked: set[str]) -> set[str]:
    rows = Artifact.objects.filter(sha256__in=asked, project=project_id, expired_at=None)
    return set(rows.values_list("sha256", flat=True))


def _beside(project_id: UUID, asked: set[str]) -> set[str]:
    """Credentials and labels are signed for one artifact: only those that came back as an upload are looked for."""
    came = set(JobInput.objects.filter(upload_sha256__in=asked).values_list("upload_sha256", flat=True))
    if not came:
        return set()
    kept = Artifact.objects.filter(project=project_id, expired_at=None).exclude(sidecars={})
    rows = kept.filter(Q(sidecars__c2pa__sha256__in=came) | Q(sidecars__xmp__sha256__in=came))
    return asked & {one for said in rows.values_list("sidecars", flat=True) for one in digests(said)}


def _uploaded(project_id: UUID, asked: set[str]) -> set[str]:
    rows = JobInput.objects.filter(upload_sha256__in=asked, upload_expired_at=None).exclude(upload_sha256="")
    return set(rows.filter(job__project=project_id).values_list("upload_sha256", flat=True))


def _of_data(project_id: UUID, asked: set[str]) -> set[str]:
    rows = DatasetVersion.objects.filter(dataset__project=project_id).exclude(state__in=GONE)
    return asked & {one for said in rows.values_list("files", flat=True) for one in digests(said)}


def _of_models(project_id: UUID, asked: set[str]) -> set[str]:
    rows = ModelVersion.objects.filter(model__project=project_id).values_list("files", "near")
    return asked & {one for said in rows for part in said for one in digests(part)}


def _of_jobs(project_id: UUID, asked: set[str]) -> set[str]:
    """Saved states, and what jobs left beside their artifacts; retention gives up archive and sheet, nothing else."""
    jobs = Job.objects.filter(project=project_id)
    saved = jobs.exclude(checkpoint={}).values_list("checkpoint", flat=True)
    found = {one for said in saved for one in digests(said)}
    left = Q()
    for name in RESULTS:
        left |= Q(**{f"result__{name}__in": asked})
    for result, expired in jobs.filter(left).values_list("result", "files_expired_at"):
        found |= {result[name] for name in RESULTS if name in result and (not expired or name in STAYING)}
    return asked & found


def _of_events(project_id: UUID, asked: set[str]) -> set[str]:
    """Sample grids of trainings."""
    rows = JobEvent.objects.filter(type="sample", job__project=project_id, data__sha256__in=asked)
    return asked & {one for said in rows.values_list("data", flat=True) for one in digests(said)}
