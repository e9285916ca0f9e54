"""What made a job's artifacts: the manifest whose salted digest stands in every credential."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.models import ModelVersion
from catalog.store import blobs, namespace
from jobs.models import Attempt, Job
from lineage.models import Artifact
from models_store.bundle import MANIFEST
from models_store.canonical import canonical
from models_store.facts import Rights
from models_store.manifest import ArtifactManifest, BundleManifest, read_manifest, salted_digest

SCHEMA = "kilnmark/generation"
VERSION = 1


def of_job(job: Job) -> dict[str, Any]:
    """The manifest of one generate job; all of it stands before the job starts, so it never changes."""
    rows = sorted(job.inputs.all(), key=lambda row: row.role)
    versions = {row.role: row.model_version for row in rows if row.model_version}
    said = {
        "schema": SCHEMA,
        "version": VERSION,
        "job": str(job.pk),
        "project": str(job.project_id),
        "seed": job.seed,
        "params": job.params,
        "model_version": str(versions["model"].pk),
        "bundle_sha256": versions["model"].sha256,
        "purpose": job.purpose,
        "intended_use": job.intended_use,
        "submitted_at": job.created_at.isoformat(timespec="seconds"),
    }
    return said | ({"models": _weighted(versions, job.params.get("weights"))} if len(versions) > 1 else {})


def _weighted(versions: Mapping[str, ModelVersion], weights: Sequence[float] | None) -> dict[str, Any]:
    """Several models by role, each with how often it made an item; all alike where nobody said."""
    shares = weights or [1.0] * len(versions)
    return {
        role: {"model_version": str(version.pk), "bundle_sha256": version.sha256, "weight": weight}
        for (role, version), weight in zip(versions.items(), shares, strict=True)
    }


def public_digest(job: Job) -> str:
    """What a credential says of the manifest: SHA-256 over the job's salt and the canonical manifest, hex."""
    return salted_digest(canonical(of_job(job)), bytes.fromhex(job.salt))


def of_artifact(artifact: Artifact) -> ArtifactManifest:
    """The manifest of one artifact; made of what was recorded when it was released, so it never changes."""
    job, version = artifact.job, artifact.model_version
    return ArtifactManifest(
        job=str(job.pk),
        index=artifact.index,
        seed=artifact.seed,
        content_sha256=artifact.content_sha256,
        media_type=artifact.media_type,
        model_version=str(version.pk),
        bundle_sha256=version.sha256,
        family=version.family,
        rights=rights_of(version),
        made_at=artifact.created_at.isoformat(timespec="seconds"),
        stage=artifact.stage,
        params=job.params,
        ran_on=facts_of(artifact),
        marks=artifact.marks,
        purpose=job.purpose,
        intended_use=job.intended_use,
    )


def facts_of(artifact: Artifact) -> dict[str, Any]:
    """How the attempt that made it ran; a later attempt at the job changes nothing of that."""
    rows = Attempt.objects.filter(job_id=artifact.job_id, token=artifact.attempt)
    return rows.values_list("facts", flat=True).first() or {}


def manifest_of(version: ModelVersion) -> BundleManifest | None:
    """The signed manifest of a version's bundle, where there is one."""
    if place := version.files.get(MANIFEST):
        manifest = read_manifest(blobs().read(namespace(version.model.project), place))
        return manifest if isinstance(manifest, BundleManifest) else None
    return None


def rights_of(version: ModelVersion) -> Rights:
    """The rights that the version's bundle states."""
    if manifest := manifest_of(version):
        return manifest.rights
    project = version.model.project
    return Rights(owner=project.title or project.slug, licence="")
