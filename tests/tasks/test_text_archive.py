"""From released texts to their archive, and from the archive back to a verdict: every part but the model is real."""

from __future__ import annotations

import json
import zipfile
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
from lineage.archive_evidence import BROKEN, SEALED
from lineage.models import Artifact
from lineage.verdicts import judge
from models_store.archive import read_archive_members, write_archive
from models_store.canonical import digest
from models_store.keys import Keyring
from models_store.signing import sign_es256
from tests import builders
from tests.home import HOME
from tests.marks.marked import PlainText, authority, code_points
from workers.contracts import Attempt
from workers.engine.release import Released, release
from workers.kinds.verify import Verify
from workers.marks import c2pa_archive
from workers.marks.c2pa_zip import CREDENTIAL, SealedZip
from workers.tasks.archives import Growing
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
    assert names == [*each, "artifacts.json", CREDENTIAL]


def test_the_listing_of_an_archive_names_the_sidecars(archive: Path) -> None:
    members = dict(read_archive_members(archive))
    listed = json.loads(members["artifacts.json"])["artifacts"]
    said = {part["file"]: part["sha256"] for row in listed for part in (row, *row["sidecars"])}
    assert said == {name: digest(data) for name, data in members.items() if name not in ("artifacts.json", CREDENTIAL)}


def test_an_archive_that_grew_holds_what_one_of_the_rows_does(
    job: Job, kept: list[Artifact], archive: Path, tmp_path: Path
) -> None:
    growing, space = Growing(tmp_path), namespace(job.project)
    for row in kept:
        (tmp_path / "file").write_bytes(blobs().read(space, row.sha256))
        beside = {name: {"file": name} for name in row.sidecars}
        for name, said in row.sidecars.items():
            (tmp_path / name).write_bytes(blobs().read(space, said["sha256"]))
        growing.take(tmp_path, {"index": row.index, "media_type": row.media_type, "file": "file", "sidecars": beside})
    assert growing.holds(len(kept))
    said = artifacts(job, tmp_path, {"sheet": "sheet.png"}, actor="worker test", growing=growing)()
    grown = blobs().path(space, said["archive_sha256"])
    assert list(read_archive_members(grown))[:-1] == list(read_archive_members(archive))[:-1]
    assert not growing.holds(len(kept))  # who tries again begins with the rows


def test_an_archive_that_lacks_a_row_or_got_one_out_of_turn_is_written_anew(
    job: Job, archive: Path, tmp_path: Path
) -> None:
    for indices in ([], [1], [1, 0, 2]):
        growing = Growing(tmp_path)
        for index in indices:
            growing.add(index, {f"{index:06d}.txt": b"other"})
        said = artifacts(job, tmp_path, {"sheet": "sheet.png"}, actor="worker test", growing=growing)()
        written = blobs().path(namespace(job.project), said["archive_sha256"])
        assert list(read_archive_members(written))[:-1] == list(read_archive_members(archive))[:-1]


def test_the_archive_is_ours_file_by_file(archive: Path, tmp_path: Path) -> None:
    verdict = verdict_on(archive, tmp_path)
    assert (verdict["verdict"], verdict["c2pa_state"]) == ("ours", "Trusted")
    assert [one["verdict"] for one in verdict["members"]] == ["ours"] * len(TEXTS)


def says(verdict: dict[str, Any], kind: str) -> list[str]:
    """The evidence of that kind."""
    return [line["says"] for line in verdict["evidence"] if line["kind"] == kind]


def repacked(archive: Path, place: Path, **changes: bytes | None) -> Path:
    """The archive written anew by an ordinary program; a member is changed, or left out where None is given."""
    members = dict(read_archive_members(archive)) | {name.replace("_", "."): data for name, data in changes.items()}
    with zipfile.ZipFile(place, "w") as out:
        for name, data in members.items():
            if data is not None:
                out.writestr(name, data)
    return place


def test_the_archive_says_that_it_is_as_it_was_signed(archive: Path, tmp_path: Path) -> None:
    verdict = verdict_on(archive, tmp_path)
    assert SEALED in says(verdict, "archive")
    assert len(verdict["members"]) == len(TEXTS)


def test_an_archive_with_a_changed_file_names_it(archive: Path, tmp_path: Path) -> None:
    data = archive.read_bytes()
    place = tmp_path / "changed.zip"
    at = data.index(b"Exit Ghost.")
    place.write_bytes(data[:at] + b"Exit ghost." + data[at + 11 :])
    sealed = c2pa_archive.read(place, Keyring.load(HOME / "keys").root_pem)
    assert sealed is not None
    assert (sealed["state"], sealed["changed"]) == ("Invalid", {"edited": ["000001.txt"]})


def test_an_archive_from_which_a_file_was_taken_says_which(archive: Path, tmp_path: Path) -> None:
    verdict = verdict_on(repacked(archive, tmp_path / "less.zip", **{"000001_txt": None}), tmp_path)
    assert BROKEN in says(verdict, "archive")
    assert any("removed: 000001.txt" in line for line in says(verdict, "archive files"))


def test_a_file_that_was_put_into_the_archive_is_named_and_is_not_ours(archive: Path, tmp_path: Path) -> None:
    verdict = verdict_on(repacked(archive, tmp_path / "more.zip", evil_txt=b"not made here"), tmp_path)
    assert any("added: evil.txt" in line for line in says(verdict, "archive files"))
    assert verdict["verdict"] == "no_evidence"


def test_the_credential_of_one_archive_says_nothing_good_of_another(archive: Path, tmp_path: Path) -> None:
    members = dict(read_archive_members(archive))
    with zipfile.ZipFile(tmp_path / "swapped.zip", "w") as out:
        out.writestr("artifacts.json", members["artifacts.json"])
        out.writestr("000000.txt", b"another text")
        out.writestr(CREDENTIAL, members[CREDENTIAL])
    verdict = verdict_on(tmp_path / "swapped.zip", tmp_path)
    assert SEALED not in says(verdict, "archive")
    assert verdict["verdict"] == "no_evidence"


@pytest.mark.parametrize("ahead", [b"PK", b"x" * 100])
def test_bytes_before_the_first_file_are_no_part_of_a_signed_archive(
    archive: Path, tmp_path: Path, ahead: bytes
) -> None:
    (tmp_path / "ahead.zip").write_bytes(ahead + archive.read_bytes())
    sealed = c2pa_archive.read(tmp_path / "ahead.zip", Keyring.load(HOME / "keys").root_pem)
    assert sealed is not None
    assert (sealed["state"], sealed["failures"]) == ("Invalid", ["archive.notPlain"])


def test_an_archive_signed_by_a_forged_authority_of_the_same_name_is_no_evidence(
    archive: Path, job: Job, tmp_path: Path
) -> None:
    forger, place = authority("Kilnmark"), tmp_path / "forged.zip"
    forged = SealedZip(place)
    forged.add("000000.txt", b"forged")
    order = {"job": str(job.pk), "producer": "Kilnmark"}
    forged.seal(order, 1, forger.chain_pem, forger.sign)
    verdict = verdict_on(place, tmp_path)
    assert (verdict["verdict"], says(verdict, "archive")) == ("no_evidence", [])


def test_the_archive_names_whose_the_data_are(archive: Path) -> None:
    sealed = c2pa_archive.read(archive, Keyring.load(HOME / "keys").root_pem)
    assert sealed is not None
    assert sealed["claims"]["rights"]["owner"] == "Studio"
    assert sealed["claims"]["count"] == len(TEXTS)


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
