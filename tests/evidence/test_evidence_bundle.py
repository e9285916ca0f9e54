"""An evidence bundle shows where something comes from to whoever has the trust bundle, and holds nothing else."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import c2pa
import pytest

from accounts.models import Project, User
from audit.models import HourlyCount
from audit.proofs import NotInLogYet
from audit.tally import tally
from catalog.models import ModelVersion, Stage
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job
from lineage import evidence_bundle, evidence_pieces
from lineage.flags import decide_artifact
from lineage.models import Artifact
from models_store.bundle import MANIFEST
from models_store.keys import create_keyring
from models_store.trust import trust_bundle
from tests import builders
from tests.builders_text import written

pytestmark = pytest.mark.django_db
Unpacked = Callable[..., Path]


def checked(folder: Path, *trust: Path) -> subprocess.CompletedProcess[str]:
    """The script of the bundle, with nothing of the checkout on its path."""
    words = [sys.executable, "-I", str(folder / "verify_evidence.py"), str(folder)]
    said = [*words, "--trust", str(trust[0])] if trust else words
    return subprocess.run(said, cwd=folder, capture_output=True, text=True)


def noted(opened: Callable[[str, str], Any], read: list[str], space: str, sha256: str) -> Any:
    """A blob, whose digest is noted."""
    read.append(sha256)
    return opened(space, sha256)


def test_a_signed_manifest_is_read_once_for_what_it_says_and_once_for_the_zip(
    pictures: list[Artifact], submitter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, read = pictures[0].model_version, []
    monkeypatch.setattr(blobs(), "open", partial(noted, blobs().open, read))
    evidence_bundle.of_version(version, actor=submitter).close()
    assert read.count(version.files[MANIFEST]) == 2


@pytest.fixture
def folder(pictures: list[Artifact], submitter: User, unpacked: Unpacked) -> Path:
    """The evidence for one picture, unpacked."""
    return unpacked(evidence_bundle.of_artifact(pictures[1], actor=submitter))


def names(folder: Path) -> set[str]:
    """Every file in it."""
    return {place.relative_to(folder).as_posix() for place in folder.rglob("*") if place.is_file()}


@pytest.mark.parametrize("of", ["artifact", "job", "version"])
def test_every_bundle_is_verified_by_its_own_script_with_keys_from_elsewhere(
    of: str, pictures: list[Artifact], submitter: User, unpacked: Unpacked, trust: Path
) -> None:
    one = pictures[1]
    given = {"artifact": one, "job": Job.objects.get(pk=one.job_id), "version": one.model_version}[of]
    ended = checked(unpacked(getattr(evidence_bundle, f"of_{of}")(given, actor=submitter)), trust)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "VERIFIED.")
    assert "WARNING" not in ended.stdout


def test_keys_of_the_bundle_itself_are_said_to_prove_less(folder: Path) -> None:
    ended = checked(folder)
    assert ended.returncode == 0
    assert "WARNING: the keys were taken from the bundle itself" in ended.stdout


def test_another_platforms_keys_verify_nothing(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps(trust_bundle(create_keyring(tmp_path / "keys"))))
    assert checked(folder, other).returncode == 1


def rewritten(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """A forger's hand: the file is changed, and the index is made to fit."""
    data = change((folder / name).read_bytes())
    (folder / name).write_bytes(data)
    index = json.loads((folder / "evidence.json").read_text())
    index["files"][name] |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    (folder / "evidence.json").write_text(json.dumps(index))


FORGED: dict[str, Callable[[bytes], bytes]] = {
    "files/000001.png": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "log/proof.json": lambda data: data.replace(b'"index": 1', b'"index": 0'),
    "log/head.json": lambda data: data.replace(b'"size": ', b'"size": 1'),
    "model/manifest.json": lambda data: data.replace(b"Ceramics", b"Keramics"),
    "manifest/generation.json": lambda data: data.replace(b"0.7", b"0.9"),
    "model/card.md": lambda data: data + b"Approved by everybody.\n",
}


@pytest.mark.parametrize("name", FORGED)
def test_what_was_changed_is_found_even_where_the_index_was_made_to_fit(folder: Path, trust: Path, name: str) -> None:
    rewritten(folder, name, FORGED[name])
    ended = checked(folder, trust)
    assert (ended.returncode, ended.stdout.splitlines()[-1].split(":")[0]) == (1, "NOT VERIFIED")


def test_an_artifact_that_the_log_does_not_hold_is_found_in_the_listing_of_a_job(
    pictures: list[Artifact], submitter: User, unpacked: Unpacked, trust: Path
) -> None:
    folder = unpacked(evidence_bundle.of_job(pictures[0].job, actor=submitter))
    rewritten(folder, "artifacts.jsonl", lambda data: data.replace(pictures[2].sha256.encode(), b"f" * 64))
    assert "the log does not hold this artifact" in checked(folder, trust).stdout


def test_private_files_may_be_left_out_and_no_others(folder: Path, trust: Path) -> None:
    index = json.loads((folder / "evidence.json").read_text())
    private = {name for name, said in index["files"].items() if said.get("private")}
    for name in private:
        (folder / name).unlink()
    ended = checked(folder, trust)
    assert (ended.returncode, ended.stdout.count("NOTE")) == (0, len(private))
    text = b"".join((folder / name).read_bytes() for name in names(folder))
    assert not [word for word in (b"Looks fine.", b"9.125", b'"771"') if word in text]
    (folder / "log/proof.json").unlink()
    assert checked(folder, trust).returncode == 1


def test_sums_and_certificates_hold_by_public_tools(folder: Path) -> None:
    commands = ["sha256sum --check --quiet SHA256SUMS"]
    if shutil.which("openssl"):
        commands.append("openssl verify -CAfile credential/root.pem credential/chain.pem")
    for command in commands:
        ended = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr


def test_the_file_is_trusted_by_the_root_in_the_bundle(folder: Path) -> None:
    trusting = {"trust": {"trust_anchors": (folder / "credential/root.pem").read_text(), "verify_trust_list": True}}
    with (
        c2pa.Context.from_dict({"version": 1, **trusting}) as context,
        (folder / "files/000001.png").open("rb") as file,
        c2pa.Reader("image/png", file, context=context) as reader,
    ):
        assert json.loads(reader.json())["validation_state"] == "Trusted"


def test_the_credential_states_the_digest_of_the_manifest_that_lies_in_the_bundle(folder: Path) -> None:
    said = json.loads((folder / "manifest/salt.json").read_text())
    with (folder / "files/000001.png").open("rb") as file, c2pa.Reader("image/png", file) as reader:
        assert f'"manifest_digest":"{said["digest"]}"' in "".join(reader.json().split())


def test_a_text_brings_its_credential_and_label(project: Project, submitter: User, unpacked: Unpacked) -> None:
    text = Artifact.objects.get(pk=written(project, submitter, ["Exeunt.\n"])[0].pk)
    found = names(unpacked(evidence_bundle.of_artifact(text, actor=submitter)))
    assert {"files/000000.txt", "files/000000.txt.c2pa", "files/000000.txt.xmp"} <= found


@pytest.mark.parametrize("of", ["artifact", "job", "version"])
def test_the_readme_speaks_of_every_file_in_both_languages(
    of: str, pictures: list[Artifact], submitter: User, unpacked: Unpacked
) -> None:
    one = pictures[1]
    given = {"artifact": one, "job": one.job, "version": one.model_version}[of]
    folder = unpacked(getattr(evidence_bundle, f"of_{of}")(given, actor=submitter))
    for readme in ("README.md", "README.zh.md"):
        text = (folder / readme).read_text()
        spoken = {name for name in names(folder) if name in text}
        below = {name for name in names(folder) if name.startswith(("model/", "data/", "manifest/"))}
        assert names(folder) - below - {"README.md", "README.zh.md"} <= spoken


def test_a_file_that_is_too_large_is_named_by_its_digest(
    pictures: list[Artifact], submitter: User, unpacked: Unpacked, trust: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_pieces, "WHOLE_BYTES", 3000)
    job, read = Job.objects.get(pk=pictures[0].job_id), []
    monkeypatch.setattr(blobs(), "open", partial(noted, blobs().open, read))
    folder = unpacked(evidence_bundle.of_job(job, actor=submitter))
    left = json.loads((folder / "evidence.json").read_text())["left_out"]
    assert [said["sha256"] for said in left] == [job.result["archive_sha256"]]
    assert job.result["archive_sha256"] not in read
    assert job.result["archive_sha256"] in (folder / "README.zh.md").read_text()
    assert checked(folder, trust).returncode == 0


def test_an_erased_file_leaves_its_proof(
    pictures: list[Artifact], project: Project, submitter: User, unpacked: Unpacked, trust: Path
) -> None:
    blobs().delete(namespace(project), pictures[1].sha256)
    folder = unpacked(evidence_bundle.of_artifact(pictures[1], actor=submitter))
    assert "files/000001.png" not in names(folder)
    assert checked(folder, trust).returncode == 0


def test_near_copies_mark_keys_and_names_of_uploads_are_in_no_bundle(
    pictures: list[Artifact], project: Project, submitter: User, unpacked: Unpacked
) -> None:
    job = Job.objects.get(pk=pictures[0].job_id)
    near: dict[str, Any] = {"near": {"pairs": [[0, "patient-7.png"]]}}
    Job.objects.filter(pk=job.pk).update(result=job.result | near, facts={"upload": "patient-7.png"})
    job.refresh_from_db()
    for file in (
        evidence_bundle.of_job(job, actor=submitter),
        evidence_bundle.of_artifact(pictures[0], actor=submitter),
        evidence_bundle.of_version(pictures[0].model_version, actor=submitter),
    ):
        folder = unpacked(file)
        text = b"".join((folder / name).read_bytes() for name in names(folder))
        assert b"patient-7" not in text
        assert b"PRIVATE KEY" not in text


def test_who_may_not_see_the_model_gets_nothing_of_it(
    pictures: list[Artifact], unpacked: Unpacked, project: Project, submitter: User
) -> None:
    elsewhere = builders.project("elsewhere", submitter=builders.person("olga"))
    for sha256 in pictures[0].model_version.files.values():
        blobs().put(namespace(elsewhere), blobs().read(namespace(project), sha256))
    moved = pictures[0].model_version.model
    moved.project = elsewhere
    moved.save(update_fields=["project"])
    one = Artifact.objects.get(pk=pictures[0].pk)
    assert not [
        name
        for name in names(unpacked(evidence_bundle.of_artifact(one, actor=submitter)))
        if name.startswith(("model/", "data/"))
    ]


def test_taking_one_is_counted_in_the_log(pictures: list[Artifact], submitter: User) -> None:
    evidence_bundle.of_artifact(pictures[0], actor=submitter).close()
    tally.flush()
    row = HourlyCount.objects.get(verb="evidence.downloaded", subject_id=str(pictures[0].pk))
    assert (row.actor, row.subject_kind) == ("sam", "artifact")


def test_a_revocation_and_a_withdrawal_stand_in_it_and_the_file_is_kept_from_members(
    pictures: list[Artifact], submitter: User, reviewer: User, unpacked: Unpacked, trust: Path
) -> None:
    version = pictures[1].model_version
    ModelVersion.objects.filter(pk=version.pk).update(
        stage=Stage.REVOKED, decided_at=clock.now(), decided_by=reviewer, comment="Consent was *taken* back."
    )
    decide_artifact(pictures[1], "withdraw", actor=reviewer, comment="A face.")
    one = Artifact.objects.get(pk=pictures[1].pk)
    member, desk = (unpacked(evidence_bundle.of_artifact(one, actor=person)) for person in (submitter, reviewer))
    assert ("files/000001.png" in names(member), "files/000001.png" in names(desk)) == (False, True)
    for language, said in (("README.md", "**The model was revoked** on"), ("README.zh.md", "**被撤销**")):
        text = (member / language).read_text()
        assert said in text
        assert "Consent was \\*taken\\* back\\." in text
    assert checked(member, trust).returncode == 0


def test_a_job_whose_artifacts_the_log_lacks_has_no_bundle_yet(pictures: list[Artifact], submitter: User) -> None:
    Artifact.objects.filter(pk=pictures[2].pk).update(leaf=None)
    with pytest.raises(NotInLogYet):
        evidence_bundle.of_job(pictures[0].job, actor=submitter)
