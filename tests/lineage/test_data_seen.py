"""What a model learned from, also by way of the models that it was trained on from."""

from __future__ import annotations

import pytest

from accounts.models import Project, User
from catalog.models import DatasetVersion, ModelVersion
from jobs.ancestry import data_behind
from jobs.models import JobInput, State
from lineage.evidence_pieces import data_seen
from tests import builders

pytestmark = pytest.mark.django_db


def trained(project: Project, who: User, family: str, **inputs: DatasetVersion | ModelVersion) -> ModelVersion:
    """A model version with the job that made it."""
    job = builders.job(project, who, state=State.SUCCEEDED, family=family)
    for role, value in inputs.items():
        kind = "dataset_version" if isinstance(value, DatasetVersion) else "model_version"
        JobInput.objects.create(job=job, role=role, **{kind: value})
    return builders.model_version(project, who, family, job=job, family=family)


def test_evidence_and_policies_see_the_same_data_behind_a_parent(project: Project, submitter: User) -> None:
    early, late = (builders.dataset_version(project, submitter, name) for name in ("early", "late"))
    first = trained(project, submitter, "vae", data=early)
    second = trained(project, submitter, "dcgan", data=late, parent=first)
    behind = dict(data_behind(second.job_id, second.family, None))
    assert behind == {late: "dcgan", early: "vae"}
    assert set(data_seen(second, {}, submitter)) == set(behind)


def test_generations_above_cost_one_query_each(
    project: Project, submitter: User, django_assert_num_queries: object
) -> None:
    one, other = (trained(project, submitter, name, data=builders.dataset_version(project, submitter, name))
                  for name in ("vae", "dcgan"))  # fmt: skip
    child = trained(project, submitter, "distilled", parent=one, teacher=other)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(list(data_behind(child.job_id, child.family, None))) == 2


def test_data_of_another_project_stay_out_of_evidence(project: Project, submitter: User) -> None:
    elsewhere = builders.project("elsewhere")
    theirs = builders.dataset_version(elsewhere, submitter, "theirs")
    assert data_seen(trained(project, submitter, "vae", data=theirs), {}, submitter) == []
