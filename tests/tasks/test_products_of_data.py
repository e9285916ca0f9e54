"""What an ingest laid out for people is kept with the version, and given to no training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accounts.models import Project, User
from catalog.models import DatasetVersion, VersionState
from catalog.store import blobs, namespace
from jobs.models import JobInput
from models_store.keys import Keyring
from tests import builders
from workers.tasks import products
from workers.tasks.orders import _inputs_of

pytestmark = pytest.mark.django_db
SAID = {"spec": builders.SPEC, "profile": {}, "counts": {"train": 9, "holdout": 1}}


@pytest.fixture
def version(project: Project, submitter: User, tmp_path: Path) -> DatasetVersion:
    """One that an ingest has filled."""
    pending = DatasetVersion.objects.create(
        dataset=builders.dataset(project, submitter, "scans"), number=1, created_by=submitter
    )
    job = builders.job(project, submitter, "ingest")
    JobInput.objects.create(job=job, role="into", dataset_version=pending)
    for place, data in (("dataset/dataset.json", json.dumps(SAID)), ("dataset-shown/items.json", "{}")):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(data)
    result = {"dataset": "dataset", "shown": "dataset-shown", "problems": []}
    products.dataset_version(job, tmp_path, result, actor="worker cpu-1")()
    pending.refresh_from_db()
    return pending


def test_what_is_shown_is_kept_with_the_version(version: DatasetVersion, project: Project) -> None:
    assert version.state == VersionState.READY
    assert set(version.files) == {"dataset.json", "shown/items.json"}
    assert blobs().read(namespace(project), version.files["shown/items.json"]) == b"{}"


def test_a_training_gets_none_of_it(version: DatasetVersion, project: Project, submitter: User, tmp_path: Path) -> None:
    training = builders.job(project, submitter, "train", family="dcgan")
    JobInput.objects.create(job=training, role="data", dataset_version=version)
    given = _inputs_of(training, tmp_path / "attempt", Keyring.__new__(Keyring))["data"]
    assert [path.name for path in Path(given["path"]).iterdir()] == ["dataset.json"]
