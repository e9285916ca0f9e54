"""From released texts to their archive, and from the archive back to a verdict: every part but the model is real."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accounts.models import Project, User
from audit import sequencer
from catalog.store import blobs, namespace
from jobs.claim import claim_next
from jobs.models import Job, JobInput
from lineage import manifests
from lineage.models import Artifact
from lineage.verdicts import judge
from models_store.archive import read_archive_members, write_archive
from models_store.canonical import digest
from models_store.keys import Keyring
from models_store.signing import sign_es256
from tests import builders
from tests.home import HOME
from tests.marks.marked import PlainText, code_points
from workers.contracts import Attempt
from workers.engine.release import Released, release
from workers.kinds.verify import Verify
from workers.tasks.products import artifacts
from workers.tasks.records import keep_items

pytestmark = pytest.mark.django_db
TEXTS = ["Enter Hamlet.\n", "Exit Ghost.\n", "多少事，从来急。\n"]


class Quiet:
    """Nobody listens."""

    def log(self, message: str, level: str = "info") -> None:
        """Nothing."""


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """A generate job that waits, and its model."""
    version = builders.model_version(project, submitter, name="plays-lstm", family="lstm", modality="text")
    made = builders.job(project, submitter, "generate", queue="generate.cpu", params={"count": len(TEXTS)})
    JobInput.objects.create(job=made, role="model", model_version=version)
    return made


def reported(folder: Path, index: int, released: Released) -> dict[str, Any]:
    """The report of one artifact, its files in the attempt folder."""
    name = f"out/{index:06d}.txt"
    files = {name: released.data} | {f"{name}.{kind}": data for kind, data in released.sidecars.items()}
    (folder / "out").mkdir(exist_ok=True)
    for place, data in files.items():
        (folder / place).write_bytes(data)
    said = {place: {"file": place, "size": len(data), "sha256": digest(data)} for place, data in files.items()}
    facts = {"media_type": released.media_type, "content_sha256": released.content_sha256, "marks": released.marks}
    return {
        "index": index, "seed": "7", **said[name], **facts,
        "sidecars": {kind: said[f"{name}.{kind}"] for kind in released.sidecars},
    }  # fmt: skip


@pytest.fixture
def kept(job: Job, tmp_path: Path) -> list[Artifact]:
    """The texts, released and kept as a worker does it."""
    claim, keyring = claim_next("generate.cpu", "w1"), Keyring.load(HOME / "keys")
    order = {
        "job": str(job.pk), "model_version": "m", "stage": "draft", "producer": "Kilnmark",
        "manifest_digest": manifests.public_digest(job), "certificates_pem": keyring.credential_chain_pem,
    }  # fmt: skip
    sign = partial(sign_es256, keyring.credential)
    made = [
        release(code_points(text), index, order, modality=PlainText(), mark_key=b"k" * 32, sign=sign)
        for index, text in enumerate(TEXTS)
    ]
    job.refresh_from_db()
    keep_items(claim, job, tmp_path, [reported(tmp_path, index, one) for index, one in enumerate(made)])
    return list(Artifact.objects.filter(job=job).order_by("index"))


@pytest.fixture
def archive(job: Job, kept: list[Artifact], tmp_path: Path) -> Path:
    """The zip of the job."""
    (tmp_path / "sheet.png").write_bytes(builders.png())
    said = artifacts(job, tmp_path, {"sheet": "sheet.png"}, actor="worker test")()
    Job.objects.filter(pk=job.pk).update(result=said)
    return blobs().path(namespace(job.project), said["archive_sha256"])


def verdict_on(path: Path, folder: Path) -> dict[str, Any]:
    """What verifying this file leads to."""
    keyring = Keyring.load(HOME / "keys")
    sequencer.sequence()
    sequencer.sign_head(keyring)
    upload = {"path": str(path), "name": "upload"}
    order = {"inputs": {"upload": upload}, "trust": {"root_pem": keyring.root_pem}, "jobs": []}
    return judge(Verify().run(Attempt(folder, order, Quiet(), lambda: "")))


def test_sidecars_are_kept_and_leave_the_attempt_folder(kept: list[Artifact], project: Project, tmp_path: Path) -> None:
    assert all(blobs().exists(namespace(project), said["sha256"]) for row in kept for said in row.sidecars.values())
    assert [set(row.sidecars) for row in kept] == [{"c2pa", "xmp"}] * len(TEXTS)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_sidecar_that_is_not_what_the_engine_said_stops_the_chunk(job: Job, tmp_path: Path) -> None:
    claim = claim_next("generate.cpu", "w1")
    made = Released(b"text", "text/plain", "0" * 64, {}, np.zeros(4, np.uint32), {"c2pa": b"credential"})
    said = reported(tmp_path, 0, made)
    (tmp_path / said["sidecars"]["c2pa"]["file"]).write_bytes(b"another")
    with pytest.raises(ValueError, match=r"000000\.txt\.c2pa is not what the engine said"):
        keep_items(claim, job, tmp_path, [said])
    assert not Artifact.objects.exists()


def test_each_text_in_the_archive_is_followed_by_its_sidecars(archive: Path) -> None:
    names = [name for name, _ in read_archive_members(archive)]
    each = [f"{index:06d}.txt{ending}" for index in range(len(TEXTS)) for ending in ("", ".c2pa", ".xmp")]
    assert names == ["artifacts.json", *each]


def test_the_listing_of_an_archive_names_the_sidecars(archive: Path) -> None:
    members = dict(read_archive_members(archive))
    listed = json.loads(members["artifacts.json"])["artifacts"]
    said = {part["file"]: part["sha256"] for row in listed for part in (row, *row["sidecars"])}
    assert said == {name: digest(data) for name, data in members.items() if name != "artifacts.json"}


def test_the_archive_is_ours_file_by_file(archive: Path, tmp_path: Path) -> None:
    verdict = verdict_on(archive, tmp_path)
    assert (verdict["verdict"], verdict["c2pa_state"]) == ("ours", "Trusted")
    assert [one["verdict"] for one in verdict["members"]] == ["ours"] * len(TEXTS)


def test_a_text_alone_is_ours_by_its_digest(kept: list[Artifact], tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(TEXTS[1], encoding="utf-8")
    verdict = verdict_on(tmp_path / "one.txt", tmp_path)
    assert (verdict["verdict"], verdict["artifact"]) == ("ours", str(kept[1].pk))


def test_one_changed_byte_beside_its_credential_is_altered_and_leads_to_the_artifact(
    archive: Path, kept: list[Artifact], tmp_path: Path
) -> None:
    members = dict(read_archive_members(archive))
    changed = [("000001.txt", b"Exit ghost.\n"), ("000001.txt.c2pa", members["000001.txt.c2pa"])]
    write_archive(tmp_path / "changed.zip", changed)
    verdict = verdict_on(tmp_path / "changed.zip", tmp_path)
    assert (verdict["verdict"], verdict["artifact"]) == ("altered", str(kept[1].pk))


def test_a_changed_text_without_its_credential_is_no_evidence(kept: list[Artifact], tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(b"Exit ghost.\n")
    assert verdict_on(tmp_path / "one.txt", tmp_path)["verdict"] == "no_evidence"
