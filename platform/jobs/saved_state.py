"""Whether a job that stopped can go on from its saved state: refused at once where that can be known here."""

from __future__ import annotations

from typing import Any

from catalog.plugins import newest
from jobs.models import Job
from models_store.errors import Conflict
from models_store.saved_state import refuse_unless_same


class FilesExpired(Conflict):
    """Files that the job needs were deleted: the project keeps them for a limited time. Submit it anew."""

    code = "expired"


def check_files(job: Job) -> None:
    """FilesExpired where its upload, or artifacts of an earlier attempt, were given up."""
    if job.inputs.exclude(upload_expired_at=None).exists() or job.artifacts.exclude(expired_at=None).exists():
        raise FilesExpired(field="job", got=str(job.pk))


def check_saved_state(job: Job) -> None:
    """ResumeRefused where the family has another state version now, or the inputs other data than the state.

    What nobody offers just now is not judged: the engine looks again when it goes on.
    """
    saved = job.checkpoint.get("of")
    if not saved:
        return
    rows = job.inputs.select_related("dataset_version").filter(dataset_version__isnull=False)
    now: dict[str, Any] = {row.role: row.dataset_version.sha256 for row in rows if row.role in saved}
    family = newest("family", job.family)
    if family and "state_version" in family.abilities:
        now["state_version"] = family.abilities["state_version"]
    refuse_unless_same(saved, now)
