"""What a job leaves that worked with several models, or went on from one."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from accounts.models import Project, User
from catalog.models import ModelVersion
from catalog.store import blobs, namespace
from jobs.claim import claim_next
from jobs.models import Job, JobEvent, JobInput, State
from lineage.services import keep_artifacts
from models_store.facts import Rights
from models_store.manifest import BundleManifest, write_manifest
from tests import builders
from workers.tasks import products, records
from workers.tasks.attempt import Watch

pytestmark = pytest.mark.django_db


@pytest.fixture
def parent(project: Project, submitter: User) -> ModelVersion:
    """A model whose bundle says what it inherited."""
    rights = Rights(owner="Ward 3", licence="CC BY 4.0", inherited_from=("old scans v1",))
    manifest = BundleManifest(files={}, made={}, rights=rights, purpose="", intended_use="")
    sha256 = blobs().put(namespace(project), write_manifest(manifest))
    return builders.model_version(project, submitter, "scans-gan", files={"manifest.json": sha256})


def test_a_model_that_went_on_from_another_names_it_and_inherits_its_rights(
    project: Project, submitter: User, parent: ModelVersion
) -> None:
    data = builders.dataset_version(project, submitter)
    facts = products._bundle_facts(builders.job(project, submitter), "m", {"data": data}, {"parent": parent}, {})
    said = facts.parents["parent"]
    assert (said.name, said.version, said.sha256) == (str(parent), str(parent.pk), parent.sha256)
    assert facts.rights.inherited_from == ("digits v1", "scans-gan v1", "old scans v1")
    assert facts.rights.licence == "CC BY 4.0; CC0"


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """A generate job on two models, the second of which made the first artifact."""
    made = builders.job(project, submitter, "generate", queue="generate.cpu")
    for role in ("model", "model_2"):
        version = builders.model_version(project, submitter, role)
        JobInput.objects.create(job=made, role=role, model_version=version)
    items = []
    for index, role in enumerate(("model_2", "model")):
        sha256 = blobs().put(namespace(project), builders.png(index))
        digests = {"sha256": sha256, "content_sha256": sha256}
        items.append(digests | {"index": index, "model": role, "media_type": "image/png", "size": 1, "seed": "1"})
    keep_artifacts(made, [item | {"marks": {}} for item in items], actor="worker test")
    return made


def test_the_archive_says_which_of_several_models_made_an_artifact(job: Job, tmp_path: Path) -> None:
    (tmp_path / "sheet.png").write_bytes(builders.png())
    record = products.artifacts(job, tmp_path, {"sheet": "sheet.png"}, actor="worker test")
    assert record()["count"] == 2
    with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
        listing = json.loads(archive.read("artifacts.json"))
    models = dict(job.inputs.values_list("role", "model_version_id"))
    assert [item["model_version"] for item in listing["artifacts"]] == [str(models["model_2"]), str(models["model"])]
    assert listing["model_versions"] == sorted(str(pk) for pk in models.values())


def test_a_picture_beside_figures_is_kept(project: Project, submitter: User, tmp_path: Path) -> None:
    (tmp_path / "sheet.png").write_bytes(builders.png())
    job = builders.job(project, submitter, "evaluate")
    said = products.figures(job, tmp_path, {"metrics": {}, "sheet": "sheet.png"}, actor="worker test")()
    assert said["metrics"] == {}
    assert blobs().read(namespace(project), said["sheet_sha256"]) == builders.png()


def test_pieces_of_texts_are_kept_as_events_of_the_job(project: Project, submitter: User, tmp_path: Path) -> None:
    job = builders.job(project, submitter, "generate", queue="generate.cpu", state=State.QUEUED)
    watch = Watch(claim_next("generate.cpu", "w1"), job, tmp_path, kind={}, order={}, secrets={})
    ended = watch.take({"type": "partial", "pieces": [{"index": 0, "at": 3, "text": "a\0b"}]})
    event = JobEvent.objects.get(job=job, type="partial")
    assert (ended, event.data) == (False, {"pieces": [{"index": 0, "at": 3, "text": "a\ufffdb"}]})


def test_few_and_short_pieces_are_kept() -> None:
    many = [{"index": place, "at": 0, "text": "x" * 30_000} for place in range(20)]
    kept = records.bounded(many)["pieces"]
    assert (len(kept), {len(piece["text"]) for piece in kept}) == (8, {20_000})
