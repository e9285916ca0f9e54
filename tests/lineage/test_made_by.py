"""An artifact remembers which of the job's models made it."""

from __future__ import annotations

import pytest

from accounts.models import Project, User
from jobs.models import JobInput
from lineage.services import keep_artifacts
from tests import builders

pytestmark = pytest.mark.django_db


def test_each_artifact_names_the_model_of_the_role_that_it_was_reported_with(project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, "generate", queue="generate.cpu")
    versions = {role: builders.model_version(project, submitter, name=role) for role in ("model", "model_2")}
    JobInput.objects.bulk_create(JobInput(job=job, role=role, model_version=made) for role, made in versions.items())
    said = {"sha256": "a" * 64, "content_sha256": "b" * 64, "media_type": "image/png", "size": 1, "seed": "7"}
    items = [said | {"index": index, "marks": {}, "model": role} for index, role in enumerate(("model_2", "model"))]
    rows = keep_artifacts(job, items, actor="worker test")
    assert [row.model_version for row in rows] == [versions["model_2"], versions["model"]]
