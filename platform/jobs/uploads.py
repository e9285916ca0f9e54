"""Jobs that begin with a file a person brought: ingest it as a data set version, or verify it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import Project, Role, User
from accounts.services import require
from catalog.models import Dataset, DatasetVersion
from catalog.plugins import checked, plugin
from catalog.services import open_version
from catalog.store import blobs, namespace
from jobs.idempotency import Asked, InProgress
from jobs.models import Job
from jobs.partial_uploads import Arrived, TooLarge, arrived, require_disk
from jobs.request import Request, Upload
from jobs.storage import add_upload, require_room
from jobs.submission import submit
from models_store.errors import InvalidInput
from models_store.full_disk import DiskFull

FORM_BYTES = 1 << 20  # what a form may have beside its file


def ingest(
    dataset: Dataset,
    *,
    options: Mapping[str, Any],
    actor: User,
    file: UploadedFile | Arrived | None = None,
    builtin: str | None = None,
    upload: Any = None,
    asked: Asked | None = None,
) -> tuple[DatasetVersion, Job]:
    """A new version of a data set from a file or a built-in set; returns it, still pending, with its job.

    `upload` is the id of a file that came in pieces (jobs/partial_uploads.py): it is used up, unless this is refused.
    """
    if upload is not None:
        if file is not None:
            raise InvalidInput("Send a file, or name an upload.", field="upload", expected="one of file, upload")
        with transaction.atomic(), arrived(actor, upload) as whole:
            return ingest(dataset, options=options, actor=actor, file=whole, builtin=builtin, asked=asked)
    require(actor, dataset.project, Role.SUBMITTER)
    modality = plugin("modality", dataset.modality)
    params = checked(modality, options, place="options")
    _check_source(file, builtin, modality.abilities.get("builtins", []))
    upload = keep(file, dataset.project, settings.UPLOAD_LIMIT_BYTES) if file is not None else None
    if upload:
        _known_suffix(upload.name, modality.abilities.get("file_types", []))
    with transaction.atomic():
        version = open_version(dataset, options=params | ({"builtin": builtin} if builtin else {}), actor=actor)
        inputs: dict[str, Any] = {"into": version} | ({"upload": upload} if upload else {})
        checked_by = {"params": params, "schema_digest": modality.schema_digest}
        request = _request("ingest", dataset.project, inputs, asked, name=f"ingest {version}", **checked_by)
        job, new = submit(request, actor=actor)
        if not new:
            raise InProgress(field="Idempotency-Key")  # the version must not stay
    return version, job


def verify(file: UploadedFile, *, actor: User, project: Project, asked: Asked | None = None) -> tuple[Job, bool]:
    """Ask whether a file is ours; anyone who is a member of any project may ask. Also whether the job is new."""
    upload = keep(file, project, settings.VERIFY_LIMIT_BYTES)
    request = _request("verify", project, {"upload": upload}, asked, name=f"verify {upload.name}"[:100], priority=50)
    return submit(request, actor=actor, role=Role.VIEWER)


def _request(kind: str, project: Project, inputs: Mapping[str, Any], asked: Asked | None, **more: Any) -> Request:
    """A job of that kind, under the key that it is asked for with."""
    row = plugin("kind", kind)
    said: dict[str, Any] = {"params": {}, "schema_digest": row.schema_digest} | more
    said |= {"idempotency_key": asked.key, "body": asked.said} if asked else {}
    return Request(kind=kind, project=project, queue=row.abilities["queue"], inputs=inputs, **said)


def expect(dataset: Dataset, length: int, *, actor: User) -> None:
    """Refuse a form of `length` bytes with a file for this data set, as far as that can be known before it came."""
    require(actor, dataset.project, Role.SUBMITTER)
    least = max(1, length - FORM_BYTES)
    if least > settings.UPLOAD_LIMIT_BYTES:
        raise TooLarge(field="file", expected=f"at most {settings.UPLOAD_LIMIT_BYTES} bytes", got=length)
    require_room(dataset.project, least)
    try:
        require_disk(length)
    except DiskFull as full:
        full.field = "file"
        raise


def keep(file: UploadedFile | Arrived, project: Project, limit_bytes: int) -> Upload:
    """An uploaded file into the project's store; its name is kept as a label, never used as a path."""
    if not file.size:
        raise InvalidInput("The file is empty.", code="empty_file", field="file", expected="at least 1 byte", got=0)
    if file.size > limit_bytes:
        raise TooLarge(field="file", expected=f"at most {limit_bytes} bytes", got=file.size)
    name = Path(str(file.name).replace("\\", "/")).name[:255]
    temporary = getattr(file, "temporary_file_path", None)
    source = Path(temporary()) if temporary else file.read()
    require_room(project, file.size)
    sha256 = blobs().put(namespace(project), source)
    add_upload(project, file.size)
    return Upload(sha256, name, file.size)


def _check_source(file: UploadedFile | Arrived | None, builtin: str | None, builtins: list[str]) -> None:
    """InvalidInput unless there is either a file or the name of a set that there is."""
    if (file is None) == (builtin is None):
        raise InvalidInput("Send a file, or name a built-in set.", field="file", expected="one of file, builtin")
    if builtin is not None and builtin not in builtins:
        raise InvalidInput(f"There is no built-in set {builtin!r}.", field="builtin", expected=builtins, got=builtin)


def _known_suffix(name: str, file_types: list[str]) -> None:
    if file_types and not any(name.lower().endswith(suffix) for suffix in file_types):
        raise InvalidInput(
            f"{name}: this kind of file is not read.",
            code="wrong_file_type",
            field="file",
            expected=file_types,
            got=name,
        )
