"""A verdict believes signatures and digests, never what a stranger wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import Project, User
from lineage.models import Artifact
from lineage.services import leaf_of
from lineage.verdicts import judge
from models_store import evidence
from models_store.canonical import canonical
from tests import builders
from tests.builders_text import written

pytestmark = pytest.mark.django_db


@pytest.fixture
def artifact(project: Project, submitter: User) -> Artifact:
    """One in the log, with a fingerprint."""
    made = builders.generated(project, submitter, count=1)[0]
    made.fingerprint = "00000000ffffffff"
    made.save(update_fields=["fingerprint"])
    return made


def finding(name: str, **facts: Any) -> dict[str, Any]:
    """What a worker found in one file; nothing, unless told otherwise."""
    return {"name": name, "sha256": "0" * 64, "media_type": "image/png", "c2pa": {"state": "none"}} | facts


def credential(artifact: Artifact, state: str, *failures: str) -> dict[str, Any]:
    """A credential that names the artifact."""
    claims = {"job": str(artifact.job_id), "index": artifact.index}
    return {"state": state, "failures": list(failures), "claims": claims}


def alone(said: dict[str, Any]) -> dict[str, Any]:
    """The verdict on one file that was sent by itself."""
    return judge({"findings": [said], "upload": {"sha256": said["sha256"]}})


def test_a_forged_credential_ties_a_file_to_nothing(artifact: Artifact) -> None:
    forged = credential(artifact, "Valid", "signingCredential.untrusted")
    verdict = alone(finding("a.png", c2pa=forged))
    assert verdict["verdict"] == "no_evidence"
    assert not verdict.keys() & {"artifact", "job", "model_version"}


def test_a_credential_in_another_picture_is_altered_and_says_that_it_may_have_been_moved(artifact: Artifact) -> None:
    torn = credential(artifact, "Invalid", "assertion.dataHash.mismatch")
    here, elsewhere = (
        alone(finding("a.png", c2pa=torn, perceptual=seen)) for seen in ("00000000fffffff0", "ffffffff00000000")
    )
    assert (here["verdict"], elsewhere["verdict"]) == ("altered", "altered")
    assert not any("does not resemble" in line["says"] for line in here["evidence"])
    assert any("does not resemble" in line["says"] for line in elsewhere["evidence"])


def test_a_stranger_among_our_files_keeps_a_zip_from_being_ours(artifact: Artifact) -> None:
    ours = finding("a.png", sha256=artifact.sha256)
    stranger = finding("b.heic", media_type="application/octet-stream")
    verdict = judge({"findings": [ours, stranger], "upload": {"sha256": "1" * 64}})
    assert verdict["verdict"] == "no_evidence"
    assert [one["name"] for one in verdict["members"]] == ["a.png", "b.heic"]


def test_no_verdict_rests_on_a_leaf_that_was_rewritten(artifact: Artifact) -> None:
    leaf = artifact.leaf
    root, _ = evidence.chunk([leaf_of(artifact) | {"sha256": "2" * 64}])
    leaf.leaf = canonical(json.loads(bytes(leaf.leaf)) | {"items_root": root})
    leaf.save(update_fields=["leaf"])
    Artifact.objects.filter(pk=artifact.pk).update(sha256="2" * 64)
    with pytest.raises(evidence.ProofFails):
        alone(finding("a.png", sha256="2" * 64))


def test_the_listing_of_an_archive_needs_no_proof_of_its_own(artifact: Artifact) -> None:
    ours = finding("a.png", sha256=artifact.sha256)
    listing = finding("artifacts.json", media_type="application/octet-stream")
    assert judge({"findings": [listing, ours], "upload": {"sha256": "1" * 64}})["verdict"] == "ours"


def test_a_credential_beside_other_bytes_may_belong_to_another_file_and_says_so(artifact: Artifact) -> None:
    torn = credential(artifact, "Invalid", "assertion.dataHash.mismatch")
    verdict = alone(finding("a.txt", media_type="text/plain", c2pa=torn, sidecars={"c2pa": {}}))
    assert verdict["verdict"] == "altered"
    assert [line["says"] for line in verdict["evidence"] if "beside the file" in line["says"]]


@pytest.mark.parametrize(("media_type", "kind"), [("application/c2pa", "credential"), ("application/rdf+xml", "label")])
def test_a_sidecar_alone_is_told_to_be_one_and_ties_nothing_to_us(
    artifact: Artifact, media_type: str, kind: str
) -> None:
    verdict = alone(finding("a.txt.c2pa", media_type=media_type))
    assert verdict["verdict"] == "no_evidence"
    assert [line["kind"] for line in verdict["evidence"]] == [kind]


@pytest.mark.parametrize(("sha256", "told"), [("a" * 64, False), ("b" * 64, True)])
def test_another_label_beside_a_file_of_ours_is_told(artifact: Artifact, sha256: str, told: bool) -> None:
    artifact.sidecars = {"xmp": {"sha256": "a" * 64, "size": 9}}
    artifact.save(update_fields=["sidecars"])
    beside = {"c2pa": {"sha256": "c" * 64, "size": 9}, "xmp": {"sha256": sha256, "size": 9}}
    said = finding("a.txt", sha256=artifact.sha256, c2pa=credential(artifact, "Trusted"), sidecars=beside)
    verdict = alone(said)
    assert verdict["verdict"] == "ours"
    assert any("The label beside the file" in line["says"] for line in verdict["evidence"]) is told


def test_of_two_artifacts_with_the_same_bytes_the_credential_says_which(project: Project, submitter: User) -> None:
    first, _ = written(project, submitter, ["Exeunt.\n"] * 2)
    said = finding("a.txt", sha256=first.sha256, c2pa=credential(first, "Trusted"))
    assert alone(said)["artifact"] == str(first.pk)


def test_a_trusted_credential_that_the_log_does_not_hold_is_not_ours_and_not_nothing(artifact: Artifact) -> None:
    Artifact.objects.filter(pk=artifact.pk).update(leaf=None)
    verdict = alone(finding("a.png", c2pa=credential(artifact, "Trusted")))
    assert verdict["verdict"] == "likely_ours"
    assert not any("Nothing was found" in line["says"] for line in verdict["evidence"])


def test_trusted_bytes_with_another_digest_are_ours_and_say_so(artifact: Artifact) -> None:
    verdict = alone(finding("a.png", c2pa=credential(artifact, "Trusted")))
    assert verdict["verdict"] == "ours"
    assert [line["kind"] for line in verdict["evidence"]] == ["credential", "digest"]
