"""Files that are brought under an Idempotency-Key: the same file again is the same job, and nothing is kept twice."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from accounts.models import Project, User
from catalog.models import Dataset, DatasetVersion
from jobs.idempotency import Asked, repeated
from jobs.models import Job
from jobs.uploads import ingest, verify
from models_store.errors import ProductError


def ingest_once(
    dataset: Dataset,
    *,
    key: str | None,
    actor: User,
    options: Mapping[str, Any],
    file: UploadedFile | None = None,
    builtin: str | None = None,
    upload: Any = None,
) -> tuple[DatasetVersion, Job, bool]:
    """As `ingest`, and whether it is new; an upload that came in pieces was used up by the first call."""
    given: dict[str, Any] = {"options": options, "file": file, "builtin": builtin, "upload": upload}
    if key is None:
        return (*ingest(dataset, actor=actor, **given), True)
    source = {"builtin": builtin, "upload": str(upload or "")} | _known_by(file)
    asked = Asked(key, {"into": str(dataset.pk), "options": dict(options)} | source)
    if job := repeated(key, asked.said, actor):
        return _made_by(job), job, False
    try:
        return (*ingest(dataset, actor=actor, asked=asked, **given), True)
    except ProductError:
        if job := repeated(key, asked.said, actor):  # the same request, a moment earlier
            return _made_by(job), job, False
        raise


def verify_once(file: UploadedFile, *, key: str | None, actor: User, project: Project) -> tuple[Job, bool]:
    """As `verify`, and whether it is new."""
    if key is None:
        return verify(file, actor=actor, project=project)
    asked = Asked(key, {"verify": str(project.pk)} | _known_by(file))
    if job := repeated(key, asked.said, actor):
        return job, False
    return verify(file, actor=actor, project=project, asked=asked)


def _known_by(file: UploadedFile | None) -> dict[str, str]:
    """Name and SHA-256 of a file, read in pieces."""
    if file is None:
        return {}
    found = sha256()
    for piece in file.chunks():
        found.update(piece)
    file.seek(0)
    return {"name": str(file.name), "sha256": found.hexdigest()}


def _made_by(job: Job) -> DatasetVersion:
    """The version that a job of kind ingest fills."""
    version: DatasetVersion = job.inputs.select_related("dataset_version__dataset").get(role="into").dataset_version
    return version
