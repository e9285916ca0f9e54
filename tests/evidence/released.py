"""Pictures as a generate job releases them: real credentials by the keys of this run, a signed bundle, a log proof."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from accounts.models import Project, User
from audit import sequencer
from audit.models import Review
from catalog.models import DatasetVersion, ModelVersion
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job, JobInput, State
from lineage.manifests import public_digest
from lineage.models import Artifact
from lineage.services import keep_artifacts
from models_store.archive import write_archive
from models_store.bundle import finish_bundle
from models_store.facts import DataFacts
from models_store.keys import Keyring
from models_store.signing import sign_es256
from tests import builders
from tests.home import HOME
from tests.models_store.facts_builder import facts
from workers.marks.c2pa_credential import Credentials


def keyring() -> Keyring:
    """Of this run."""
    return Keyring.load(HOME / "keys")


def signed_head() -> None:
    """The log takes in what waits, and a head over it is signed."""
    sequencer.sequence()
    sequencer.sign_head(keyring())


def model(home: Project, owner: User, data: DatasetVersion, folder: Path) -> ModelVersion:
    """A version with a signed bundle, learned from `data`."""
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(b"w" * 4000)
    learned = DataFacts(
        name=str(data), version=str(data.pk), sha256=data.sha256, source="scanner 3", licence="CC0",
        counts={"train": 90}, modality="image",
    )  # fmt: skip
    sha256 = finish_bundle(folder, facts(data={"data": learned}, made_by=owner.username), keyring().bundle)
    files = {
        place.relative_to(folder).as_posix(): blobs().put(namespace(home), place.read_bytes())
        for place in folder.rglob("*")
        if place.is_file()
    }
    return builders.model_version(home, owner, name="chest", sha256=sha256, files=files, dataset_version=data)


def pictures(home: Project, owner: User, folder: Path, count: int = 3, **facts_of_job: Any) -> list[Artifact]:
    """A job that has succeeded, with its archive; fresh rows, in the log and below a signed head."""
    version = model(home, owner, builders.dataset_version(home, owner), folder / "bundle")
    said: dict[str, Any] = {"queue": "generate.cpu", "params": {"count": count, "temperature": 0.7}}
    job = builders.job(home, owner, "generate", state=State.SUCCEEDED, **(said | facts_of_job))
    JobInput.objects.create(job=job, role="model", model_version=version)
    files = [signed(job, version, index) for index in range(count)]
    space = namespace(home)
    items = [
        {"index": index, "sha256": blobs().put(space, data), "content_sha256": "c" * 64, "media_type": "image/png",
         "size": len(data), "seed": f"77{index}", "marks": {"watermark": {"scheme": "dct_luma", "z": 9.125}}}
        for index, data in enumerate(files)
    ]  # fmt: skip
    for first in range(0, count, 2):  # several leaves
        keep_artifacts(job, items[first : first + 2], actor="worker test")
    write_archive(folder / "archive.zip", [(f"{index:06d}.png", data) for index, data in enumerate(files)])
    Job.objects.filter(pk=job.pk).update(
        result={"count": count, "archive_sha256": blobs().put(space, folder / "archive.zip")}
    )
    Review.objects.create(
        subject_kind="model_version", subject_id=str(version.pk), project_id=home.pk, reviewer="rita",
        decision="approve", comment="Looks fine.", at=clock.now(),
    )  # fmt: skip
    signed_head()
    return list(Artifact.objects.filter(job=job).order_by("index"))


def signed(job: Job, version: ModelVersion, index: int) -> bytes:
    """A grey PNG with a credential that names the job."""
    keys = keyring()
    attach = Credentials(keys.credential_chain_pem, partial(sign_es256, keys.credential)).attach
    release = {
        "job": str(job.pk), "model_version": str(version.pk), "model_name": "chest", "stage": "approved",
        "producer": "Kilnmark", "project": str(job.project_id), "manifest_digest": public_digest(job),
    }  # fmt: skip
    out = io.BytesIO()
    Image.new("L", (64, 64), 40 + index).save(out, "PNG")
    return attach(out.getvalue(), "image/png", release, index, "dct_luma").data
