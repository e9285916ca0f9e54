"""What an order says to the guards of a release beside their parameters: what models learned from, what was judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalog.store import blobs, namespace
from jobs.models import Job

NEAR_COPY = "near_copy"  # the guard whose figures artifacts carry in their marks
_verified: dict[tuple[str, str], Path] = {}


def guarded(job: Job) -> dict[str, Any]:
    """{near: {role: {path, sha256}}, judged: {index: {guard: figures}}} of a job that releases artifacts."""
    near = {
        row.role: {"path": str(_place(namespace(row.model_version.model.project), known)), "sha256": known}
        for row in job.inputs.all()
        if row.model_version and (known := row.model_version.near.get("sha256"))
    }
    kept = job.artifacts.exclude(**{f"marks__{NEAR_COPY}": None}).values_list("index", f"marks__{NEAR_COPY}")
    return {"near": near, "judged": {str(index): {NEAR_COPY: said} for index, said in kept if said}}


def _place(space: str, sha256: str) -> Path:
    """Verified once by this process, since an index is large; an engine does it again when it reads one."""
    place = _verified.get((space, sha256))
    if place is None or not place.exists():
        place = _verified[space, sha256] = blobs().path(space, sha256)
    return place
