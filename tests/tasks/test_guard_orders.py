"""What a release is told of guards, and where what shows the data is kept: never in a bundle."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import ProjectPolicy
from catalog.models import ModelVersion
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job, JobInput
from lineage.services import keep_artifacts
from models_store.keys import Keyring
from tests import builders
from tests.home import HOME
from workers.tasks import orders, products
from workers.tasks.orders import to_be_run

pytestmark = pytest.mark.django_db
INDEX = b"thumbnails of the data"


@pytest.fixture
def version(project: Project, submitter: User) -> ModelVersion:
    """A model with its index."""
    sha256 = blobs().put(namespace(project), INDEX)
    return builders.model_version(project, submitter, near={"sha256": sha256, "modality": "image"})


@pytest.fixture
def job(project: Project, submitter: User, version: ModelVersion) -> Job:
    """A generate job on it."""
    made = builders.job(project, submitter, "generate", queue="generate.cpu")
    JobInput.objects.create(job=made, role="model", model_version=version)
    return made


def ordered(job: Job) -> dict:
    order: dict = {}
    orders.EXTRA["artifacts"](to_be_run().get(pk=job.pk), order, Keyring.load(HOME / "keys"))
    return json.loads(json.dumps(order))


def test_an_order_names_the_index_of_each_model(job: Job, version: ModelVersion) -> None:
    near = ordered(job)["near"]["model"]
    assert (Path(near["path"]).read_bytes(), near["sha256"]) == (INDEX, version.near["sha256"])


def test_a_model_without_an_index_has_none_in_the_order(job: Job, version: ModelVersion) -> None:
    ModelVersion.objects.update(near={})
    assert ordered(job)["near"] == {}


def test_an_index_that_was_erased_is_not_taken_from_memory(job: Job, version: ModelVersion, project: Project) -> None:
    ordered(job)
    blobs().delete(namespace(project), version.near["sha256"])
    ModelVersion.objects.update(near={})
    assert ordered(job)["near"] == {}


def test_an_order_says_what_the_policies_ask_of_the_guards(job: Job, project: Project) -> None:
    assert ordered(job)["release"]["guards"] == {}
    now, params = clock.now(), {"max_rate": 0.25, "check_all": False, "withhold": True}
    ProjectPolicy.objects.create(
        project_id=project.pk, name="near_copy_limit", params=params, set_by="o", set_at=now, drawn_until=now
    )
    assert ordered(job)["release"]["guards"] == {"near_copy": params}


def test_a_second_attempt_is_told_what_the_first_one_measured(job: Job) -> None:
    figures = {"distance": 0.5, "near": False}
    keep_artifacts(job, [item(3, {"near_copy": figures}), item(4, {})], actor="worker test")
    order = ordered(job)
    assert (order["done"], order["judged"]) == ([3, 4], {"3": {"near_copy": figures}})


def item(index: int, marks: dict) -> dict:
    digests = {"sha256": "a" * 64, "content_sha256": "b" * 64}
    return digests | {"index": index, "media_type": "image/png", "size": 1, "seed": "1", "marks": marks}


def test_the_index_is_kept_beside_the_bundle_and_no_download_holds_it(
    project: Project, submitter: User, version: ModelVersion, client: Client
) -> None:
    client.force_login(submitter)
    number = version.number
    answer = client.get(f"/api/v1/models/{version.model_id}/versions/{number}/bundle")
    data = b"".join(answer) if answer.streaming else answer.content  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(data)) as bundle:
        assert not [name for name in bundle.namelist() if INDEX in bundle.read(name)]
    shown = client.get(f"/api/v1/models/{version.model_id}/versions/{number}").content
    assert version.near["sha256"].encode() not in shown


def test_an_index_goes_into_the_store_with_what_is_said_of_it(
    project: Project, submitter: User, tmp_path: Path
) -> None:
    (tmp_path / "index").write_bytes(INDEX)
    job = builders.job(project, submitter)
    kept = products.keep_near(job, tmp_path, {"file": "index", "modality": "image", "covers": 5})
    assert blobs().read(namespace(project), kept.pop("sha256")) == INDEX
    assert kept == {"modality": "image", "covers": 5}


def test_pairs_are_kept_where_the_data_are(project: Project, submitter: User, tmp_path: Path) -> None:
    elsewhere = builders.project("elsewhere", owner=submitter)
    job = builders.job(elsewhere, submitter, "evaluate")
    JobInput.objects.create(job=job, role="data", dataset_version=builders.dataset_version(project, submitter))
    (tmp_path / "pairs.png").write_bytes(builders.png())
    said = products.figures(job, tmp_path, {"metrics": {}, "near_pairs": "pairs.png"}, actor="worker test")()
    assert blobs().read(namespace(project), said["near_pairs_sha256"]) == builders.png()
    assert not blobs().exists(namespace(elsewhere), said["near_pairs_sha256"])


def test_a_result_says_what_was_withheld(job: Job, tmp_path: Path) -> None:
    sha256 = blobs().put(namespace(job.project), builders.png(1))
    keep_artifacts(job, [item(0, {}) | {"sha256": sha256}], actor="worker test")
    (tmp_path / "sheet.png").write_bytes(builders.png())
    withheld = [{"index": 1, "guard": "near_copy", "says": "It is."}]
    result = {"sheet": "sheet.png", "count": 1, "withheld": withheld, "withheld_count": 1, "near_copies": {"near": 1}}
    said = products.artifacts(job, tmp_path, result, actor="worker test")()
    assert (said["count"], said["withheld"], said["withheld_count"]) == (1, withheld, 1)
    assert said["near_copies"] == {"near": 1}
