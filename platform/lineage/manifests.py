"""What made a job's artifacts: the manifest whose salted digest stands in every credential."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from models_store.canonical import canonical
from models_store.manifest import salted_digest

SCHEMA = "kilnmark/generation"
VERSION = 1


def of_job(job: Job) -> dict[str, Any]:
    """The manifest of one generate job; all of it stands when the job is submitted, so it never changes."""
    version = job.inputs.select_related("model_version__model").get(role="model").model_version
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "job": str(job.pk),
        "project": str(job.project_id),
        "seed": job.seed,
        "params": job.params,
        "model_version": str(version.pk),
        "bundle_sha256": version.sha256,
        "purpose": job.purpose,
        "intended_use": job.intended_use,
        "submitted_at": job.created_at.isoformat(timespec="seconds"),
    }


def public_digest(job: Job) -> str:
    """What a credential says of the manifest: SHA-256 over the job's salt and the canonical manifest, hex."""
    return salted_digest(canonical(of_job(job)), bytes.fromhex(job.salt))
