"""Who read what was made: counted by the hour (audit/tally.py), in memory, after the file was opened."""

from __future__ import annotations

from accounts.models import User
from audit import tally
from catalog.models import ModelVersion
from jobs.models import Job
from lineage.models import Artifact


def artifact_read(artifact: Artifact, by: User, verb: str = "artifact.read") -> None:
    """Its content, or with another verb what stands beside it; of very many, artifacts are counted by their jobs."""
    tally.note(
        actor=by.username,
        verb=verb,
        subject=("artifact", str(artifact.pk)),
        project=artifact.project_id,
        within=("job", str(artifact.job_id)),
    )


def job_read(job: Job, by: User, verb: str) -> None:
    """Something that holds all that a job made, or says how: its archive, contact sheet, manifest."""
    tally.note(actor=by.username, verb=verb, subject=("job", str(job.pk)), project=job.project_id)


def bundle_read(version: ModelVersion, by: User, verb: str = "model_version.downloaded") -> None:
    """The files of a model."""
    owner = version.model.project_id
    tally.note(actor=by.username, verb=verb, subject=("model_version", str(version.pk)), project=owner)
