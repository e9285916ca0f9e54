"""From a submission with controls to artifacts, through the real engine: texts in a sweep, pictures by two models."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Project, User
from catalog import plugins
from catalog.models import DatasetVersion, ModelVersion
from catalog.services import declare_dataset
from catalog.store import blobs, namespace
from jobs import uploads
from jobs.claim import claim_next
from jobs.models import Job, State
from jobs.submission import send
from lineage.manifests import of_artifact, rights_of
from lineage.models import Artifact
from models_store.manifest import read_manifest
from workers.registry import describe_all
from workers.tasks import batch

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DECLARED = {"source": "a test", "licence": "CC0", "legal_basis": "none needed"}
TEXT = b"the quick brown fox jumps over the lazy dog.\n" * 40


@pytest.fixture
def run(submitter: User):
    """`run(job)`: has the real engine do it."""
    plugins.announce("test worker", describe_all())

    def do(said: dict[str, Any] | Job) -> Job:
        job = said if isinstance(said, Job) else send(said, actor=submitter)[0]
        claim = claim_next(job.queue, "w1")
        assert claim is not None, job.state_reason
        batch.run_claims([claim], threading.Event())
        job.refresh_from_db()
        assert job.state == State.SUCCEEDED, (job.error_code, job.error_detail, job.error_facts)
        return job

    yield do
    batch.drop_warm()


def data(run: Any, home: Project, owner: User, modality: str, options: dict[str, Any], **source: Any) -> DatasetVersion:
    dataset = declare_dataset(home, name=modality, modality=modality, declaration=DECLARED, actor=owner)
    version, job = uploads.ingest(dataset, options=options, actor=owner, **source)
    run(job)
    version.refresh_from_db()
    return version


def model_of(job: Job) -> ModelVersion:
    return ModelVersion.objects.get(pk=job.result["model_version"])


def test_texts_in_a_sweep_from_a_model_that_went_on_from_another(run, project: Project, submitter: User) -> None:
    version = data(run, project, submitter, "text", {"length": 32}, file=SimpleUploadedFile("fox.txt", TEXT))
    body = {"kind": "train", "family": "lstm", "inputs": {"data": str(version.pk)}}
    first = model_of(run(body | {"params": {"steps": 4, "width": 8, "layers": 1}}))
    body["inputs"]["parent"] = str(first.pk)
    trained = run(body | {"params": {"steps": 4}})
    second = model_of(trained)
    assert (trained.params["width"], trained.params["layers"]) == (8, 1)
    assert str(first) in rights_of(second).inherited_from
    manifest = read_manifest(blobs().read(namespace(project), second.files["manifest.json"]))
    assert manifest.made["parents"]["parent"]["version"] == str(first.pk)

    params = {"prompt": "the ", "length": 24, "sweep": {"temperature": [0.5, 2.0]}}
    job = run({"kind": "generate", "model_version": str(second.pk), "count": 2, "params": params})
    texts = [blobs().read(namespace(project), row.sha256).decode() for row in job.artifacts.order_by("index")]
    assert len(texts) == 4
    assert all(text.startswith("the ") for text in texts)
    assert job.result["sheet_sha256"]
    assert {event.data["pieces"][0]["at"] for event in job.events.filter(type="partial")} >= {0}


def test_pictures_on_a_path_by_two_models_that_are_also_measured(run, project: Project, submitter: User) -> None:
    version = data(run, project, submitter, "image", {"size": 16}, builtin="digits")
    body = {"kind": "train", "family": "vae", "inputs": {"data": str(version.pk)}}
    params = {"steps": 4, "latent_dim": 4, "width": 4, "precision": "fp32"}
    models = [model_of(run(body | {"params": params, "seed": seed})) for seed in "12"]

    inputs = {"model": str(models[0].pk), "model_2": str(models[1].pk)}
    path = {"interpolate": ["1", "2"], "weights": [1, 1]}
    job = run({"kind": "generate", "inputs": inputs, "count": 12, "params": path})
    rows = Artifact.objects.filter(job=job)
    assert {row.model_version for row in rows} == set(models)
    assert {of_artifact(row).model_version for row in rows} == {str(model.pk) for model in models}

    asked = {"kind": "evaluate", "model_version": str(models[0].pk), "metrics": ["reconstruction_psnr"], "count": 10}
    measured = run(asked)
    assert measured.result["metrics"]["reconstruction_psnr"]["unit"] == "dB"
    assert blobs().read(namespace(project), measured.result["sheet_sha256"]).startswith(b"\x89PNG")
