"""Evidence that somebody made up of true pieces: the script finds what they are not evidence for."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from accounts.models import Project, User
from audit import hours
from audit.models import HourlyCount
from audit.tally import tally
from lineage import evidence_bundle
from lineage.models import Artifact
from models_store import evidence
from models_store.archive import write_archive
from tests.evidence import released

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT / "client/kilnmark/verify_evidence.py"
Unpacked = Callable[..., Path]


def said(folder: Path, trust: Path) -> tuple[int, str]:
    """Exit code, and everything that was said."""
    words = [sys.executable, "-I", str(CHECKER), str(folder), "--trust", str(trust)]
    ended = subprocess.run(words, cwd=folder.parent, capture_output=True, text=True)
    assert not ended.stderr
    return ended.returncode, ended.stdout


def rewritten(folder: Path, name: str, data: bytes | None) -> None:
    """A file is put there, or (None) taken away, and the index is made to fit."""
    index = json.loads((folder / "evidence.json").read_text())
    index["files"].pop(name, None)
    if data is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(data)
        index["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    (folder / "evidence.json").write_text(json.dumps(index))


def indexed(folder: Path, **facts: Any) -> None:
    """The index says something else."""
    index = json.loads((folder / "evidence.json").read_text())
    (folder / "evidence.json").write_text(json.dumps(index | facts))


@pytest.fixture
def one(pictures: list[Artifact], submitter: User, unpacked: Unpacked) -> Path:
    """The evidence for a picture, unpacked."""
    return unpacked(evidence_bundle.of_artifact(pictures[1], actor=submitter))


@pytest.fixture
def whole(pictures: list[Artifact], submitter: User, unpacked: Unpacked) -> Path:
    """The evidence for their job, unpacked."""
    return unpacked(evidence_bundle.of_job(pictures[0].job, actor=submitter))


@pytest.mark.parametrize("kind", ["artifact", "job", "model_version"])
def test_a_bundle_of_nothing_is_not_verified(kind: str, trust: Path, tmp_path: Path) -> None:
    folder = tmp_path / "nothing"
    folder.mkdir()
    subject = {"kind": kind, "id": "1" * 8}
    index = {"format": "kilnmark-evidence", "version": 1, "subject": subject, "files": {}}
    (folder / "evidence.json").write_text(json.dumps(index))
    code, text = said(folder, trust)
    assert (code, text.splitlines()[-1].split(":")[0]) == (1, "NOT VERIFIED")


@pytest.mark.parametrize("private", [True, False])
def test_another_file_without_the_proof_is_not_verified(one: Path, trust: Path, private: bool) -> None:
    rewritten(one, "files/000001.png", b"made elsewhere")
    rewritten(one, "log/proof.json", None)
    if private:
        index = json.loads((one / "evidence.json").read_text())
        indexed(one, files=index["files"] | {"log/proof.json": {"sha256": "0" * 64, "size": 1, "private": True}})
    assert said(one, trust)[0] == 1


def test_a_proof_of_another_artifact_with_the_same_bytes_is_found(one: Path, trust: Path) -> None:
    indexed(one, subject={"kind": "artifact", "id": "01a20000-0000-7000-8000-000000000000"})
    assert "speaks of another artifact" in said(one, trust)[1]


def test_the_artifacts_of_another_job_are_found(
    whole: Path, pictures: list[Artifact], project: Project, submitter: User, trust: Path
) -> None:
    indexed(whole, subject={"kind": "job", "id": "01a20000-0000-7000-8000-000000000000"})
    assert "speaks of another job" in said(whole, trust)[1]


def test_a_listing_that_repeats_one_artifact_for_another_is_found(whole: Path, trust: Path) -> None:
    lines = (whole / "artifacts.jsonl").read_bytes().splitlines(keepends=True)
    rewritten(whole, "artifacts.jsonl", lines[0] + lines[0] + lines[2])
    assert said(whole, trust)[0] == 1


def test_a_listing_that_hides_an_artifact_is_found(whole: Path, trust: Path) -> None:
    lines = (whole / "artifacts.jsonl").read_bytes().splitlines(keepends=True)
    rewritten(whole, "artifacts.jsonl", b"".join(lines[:2]))
    indexed(whole, artifacts=2)
    assert said(whole, trust)[0] == 1


def archive(folder: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> None:
    """The archive with other members, and an index that fits it."""
    with zipfile.ZipFile(folder / "files/archive.zip") as known:
        members = {name: known.read(name) for name in known.namelist()}
    place = folder / "new.zip"
    write_archive(place, change(members).items())
    rewritten(folder, "files/archive.zip", place.read_bytes())
    place.unlink()


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members | {"000001.png": b"made elsewhere"},
        lambda members: members | {"000003.png": b"made elsewhere"},
        lambda members: members | {"000001.png.exe": b"made elsewhere"},
        lambda members: {name: data for name, data in members.items() if name != "000002.png"},
    ],
    ids=["edited", "added", "beside", "removed"],
)
def test_an_archive_with_other_files_than_the_log_holds_is_found(
    whole: Path, trust: Path, change: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    archive(whole, change)
    assert "files/archive.zip" in said(whole, trust)[1].splitlines()[-1]


def test_an_archive_that_unpacks_to_too_much_is_refused_in_little_memory(whole: Path, trust: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bomb, bomb.open("000000.png", "w") as member:
        for _ in range(1025):
            member.write(b"\0" * (1 << 20))
    rewritten(whole, "files/archive.zip", out.getvalue())
    assert "holds more than" in said(whole, trust)[1]


def test_an_archive_without_what_the_log_holds_of_it_is_refused(whole: Path, trust: Path) -> None:
    for name in ("log/chunks.jsonl", "artifacts.jsonl"):
        rewritten(whole, name, None)
    assert "no log/chunks.jsonl" in said(whole, trust)[1]


def test_the_manifest_of_another_job_is_found(
    one: Path, project: Project, submitter: User, pictures: list[Artifact], trust: Path
) -> None:
    manifest = json.loads((one / "manifest/generation.json").read_text()) | {"job": "another"}
    raw, salt = json.dumps(manifest).encode(), "0" * 32
    rewritten(one, "manifest/generation.json", raw)
    digest = hashlib.sha256(bytes.fromhex(salt) + raw).hexdigest()
    rewritten(one, "manifest/salt.json", json.dumps({"salt": salt, "digest": digest}).encode())
    assert "that of another job" in said(one, trust)[1]


def test_a_true_event_about_something_else_is_said_to_be_that(
    pictures: list[Artifact], submitter: User, unpacked: Unpacked, trust: Path
) -> None:
    folder = unpacked(evidence_bundle.of_version(pictures[0].model_version, actor=submitter))
    job = unpacked(evidence_bundle.of_job(pictures[0].job, actor=submitter))
    chunk = json.loads((job / "log/chunks.jsonl").read_text().splitlines()[0])
    rewritten(folder, "log/events.jsonl", json.dumps({"log": chunk["log"]}).encode() + b"\n")
    text = said(folder, trust)[1]
    assert "holds 1 events: 0 about what this evidence is for" in text
    assert f"about 'job {pictures[0].job_id}'" in text


def test_an_item_that_the_log_holds_and_is_no_artifact_is_refused(
    one: Path, pictures: list[Artifact], project: Project, submitter: User, trust: Path
) -> None:
    tally.note(actor="sam", verb="artifact.read", subject=("artifact", str(pictures[0].pk)), project=project.pk)
    tally.flush()
    HourlyCount.objects.update(hour=F("hour") - timedelta(hours=1))
    hours.close_due("worker test")
    released.signed_head()
    proof = hours.proof_of(HourlyCount.objects.get(verb="artifact.read"))
    evidence.check_artifact(proof, released.keyring().log.public)  # as a proof it holds
    rewritten(one, "log/proof.json", json.dumps(proof).encode())
    indexed(one, file="files/none.png")
    assert "is about no artifact" in said(one, trust)[1]


def test_no_name_in_a_bundle_writes_a_line_of_its_own(one: Path, trust: Path) -> None:
    name = "credential/chain\nVERIFIED.\x1b[2K"
    data = (one / "credential/chain.pem").read_bytes()
    rewritten(one, name, data)
    text = said(one, trust)[1]
    assert "\x1b" not in text
    assert text.splitlines().count("VERIFIED.") == 1
    rewritten(one, name, None)
    data = (one / "files/000001.png").read_bytes()
    rewritten(one, "files/000001.png", None)
    rewritten(one, "files/a\nVERIFIED.", data)
    indexed(one, file="files/a\nVERIFIED.")
    assert said(one, trust)[1].splitlines().count("VERIFIED.") == 1


def test_bytes_that_were_given_up_are_in_no_bundle_while_they_still_lie_in_the_store(
    pictures: list[Artifact], submitter: User, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    job, moment = pictures[0].job, pictures[0].created_at
    Artifact.objects.filter(pk=pictures[1].pk).update(expired_at=moment)
    type(job).objects.filter(pk=job.pk).update(files_expired_at=moment)
    job.refresh_from_db()
    row = Artifact.objects.get(pk=pictures[1].pk)
    for file in (evidence_bundle.of_artifact(row, actor=reviewer), evidence_bundle.of_job(job, actor=reviewer)):
        folder = unpacked(file)
        assert not (folder / "files").exists()
        assert [left["why"] for left in json.loads((folder / "evidence.json").read_text())["left_out"]] == ["gone"]
        assert said(folder, trust)[0] == 0
