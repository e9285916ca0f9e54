"""Artifacts, their proofs, verdicts and the log over REST."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Project, User
from api.views.verification import Often
from audit import sequencer
from jobs.models import Job, State
from lineage.models import Artifact
from models_store import evidence
from models_store.canonical import canonical
from models_store.keys import Keyring
from models_store.manifest import read_manifest
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def artifacts(project: Project, submitter: User) -> list[Artifact]:
    """Three, in the log."""
    return builders.generated(project, submitter)


@pytest.fixture
def artifact(artifacts: list[Artifact]) -> Artifact:
    """The second of them."""
    return artifacts[1]


def key_of(client: Client) -> Any:
    """The log's public key as a client gets it."""
    return load_pem_public_key(client.get("/api/v1/audit/public-key").json()["public_key"].encode())


def test_artifacts_of_a_job(sam: Client, artifacts: list[Artifact]) -> None:
    rows = sam.get(f"/api/v1/artifacts?job={artifacts[0].job_id}&limit=2").json()
    assert len(rows["results"]) == 2
    assert rows["results"][0].keys() >= {
        "id", "job", "index", "sha256", "media_type", "size", "stage", "marks", "model_version"
    }  # fmt: skip


def test_content_is_the_released_file_as_a_sandboxed_attachment(sam: Client, artifact: Artifact) -> None:
    answer = sam.get(f"/api/v1/artifacts/{artifact.pk}/content")
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == artifact.sha256
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_a_media_type_outside_our_list_is_only_bytes(sam: Client, artifact: Artifact) -> None:
    Artifact.objects.filter(pk=artifact.pk).update(media_type="text/html")
    answer = sam.get(f"/api/v1/artifacts/{artifact.pk}/content")
    b"".join(answer)  # closes it
    assert answer["Content-Type"] == "application/octet-stream"


def test_a_manifest_is_canonical_and_stable(sam: Client, artifact: Artifact) -> None:
    first, second = (sam.get(f"/api/v1/artifacts/{artifact.pk}/manifest").content for _ in range(2))
    manifest = read_manifest(first)
    assert first == second
    assert (manifest.index, manifest.content_sha256) == (artifact.index, artifact.content_sha256)


def test_the_digest_in_a_credential_follows_from_the_jobs_manifest(sam: Client, artifact: Artifact) -> None:
    said = sam.get(f"/api/v1/jobs/{artifact.job_id}/manifest").json()
    told = bytes.fromhex(said["salt"]) + canonical(said["manifest"])
    assert hashlib.sha256(told).hexdigest() == said["digest"]
    assert said["manifest"]["model_version"] == str(artifact.model_version_id)


def test_a_training_has_no_manifest_of_artifacts(sam: Client, project: Project, submitter: User) -> None:
    answer = sam.get(f"/api/v1/jobs/{builders.job(project, submitter).pk}/manifest")
    assert answer.status_code == 404


def test_a_proof_holds_with_the_public_key_alone(sam: Client, artifact: Artifact) -> None:
    proof = sam.get(f"/api/v1/artifacts/{artifact.pk}/proof").json()
    evidence.check_artifact(proof, key_of(sam))
    assert proof["item"]["sha256"] == artifact.sha256


def test_a_proof_that_is_not_there_yet_asks_to_come_back(sam: Client, project: Project, submitter: User) -> None:
    fresh = Artifact.objects.get(pk=builders.generated(project, submitter, count=1)[0].pk)
    fresh.leaf = None
    fresh.save(update_fields=["leaf"])
    answer = sam.get(f"/api/v1/artifacts/{fresh.pk}/proof")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_log_yet")
    assert answer["Retry-After"]


def test_an_event_is_proven_under_the_head(sam: Client, artifact: Artifact) -> None:
    event = sam.get("/api/v1/audit/events?verb=artifacts.released").json()["results"][0]
    proof = sam.get(f"/api/v1/audit/proof/inclusion?index={event['index']}").json()
    assert evidence.check_inclusion(proof, key_of(sam)) == json.loads(event["leaf"])


def test_the_log_only_grew(sam: Client, artifact: Artifact, home) -> None:
    older = sam.get("/api/v1/audit/tree-head").json()
    sam.get("/api/v1/tokens")
    sam.post("/api/v1/tokens", {}, content_type="application/json")
    sequencer.sequence()
    sequencer.sign_head(Keyring.load(home / "keys"))
    newer = sam.get("/api/v1/audit/tree-head").json()
    proof = sam.get(f"/api/v1/audit/proof/consistency?first={older['size']}&second={newer['size']}").json()
    assert newer["size"] > older["size"]
    evidence.check_consistency(proof, older, newer)


def test_a_head_comes_with_the_key_that_checks_it(sam: Client, artifact: Artifact) -> None:
    head = sam.get("/api/v1/audit/tree-head").json()
    evidence.check_head(head, load_pem_public_key(head["public_key"].encode()))


def verdict_on(artifact: Artifact) -> dict[str, Any]:
    """What a worker's findings led to."""
    job = str(artifact.job_id)
    return {
        "verdict": "likely_ours",
        "evidence": [
            {"kind": "watermark", "says": "z = 9.3 of 7.4"},
            {"kind": "archive", "says": f"The archive is byte for byte that of job {job}."},
        ],
        "c2pa_state": "none",
        "watermark": {"job": job, "z": 9.3, "threshold": 7.4, "found": True, "alone": True},
        "artifact": str(artifact.pk),
        "job": job,
        "model_version": str(artifact.model_version_id),
        "stage": "draft",
    }


def asked_by(client_user: User, home: Project, result: dict[str, Any]) -> str:
    """The address of a verdict that is there."""
    job = builders.job(home, client_user, "verify", state=State.SUCCEEDED, result=result)
    return f"/api/v1/verify/{job.pk}"


def test_a_member_reads_figures_and_job(sam: Client, project: Project, submitter: User, artifact: Artifact) -> None:
    said = sam.get(asked_by(submitter, project, verdict_on(artifact))).json()
    assert (said["watermark"]["z"], said["job"]) == (9.3, str(artifact.job_id))


@pytest.mark.parametrize("through", ["verify", "jobs"])
def test_an_outsider_reads_a_band_and_no_job(stranger: Client, artifact: Artifact, through: str) -> None:
    olga = User.objects.get(username="olga")
    place = asked_by(olga, Project.objects.get(slug="elsewhere"), verdict_on(artifact))
    answer = stranger.get(place.replace("/verify/", f"/{through}/"))
    said = answer.json()
    said = said if through == "verify" else said["result"]
    assert (said["verdict"], said["band"]) == ("likely_ours", "strong")
    assert str(artifact.job_id) not in answer.content.decode()
    assert "9.3" not in answer.content.decode()


def test_verifying_becomes_a_job_with_a_place_to_look(sam: Client, offered: None) -> None:
    answer = sam.post("/api/v1/verify", {"file": SimpleUploadedFile("a.png", builders.png())})
    assert (answer.status_code, Job.objects.get().kind) == (202, "verify")
    assert sam.get(answer["Location"]).status_code == 202


def test_a_viewer_may_ask(vera: Client, offered: None) -> None:
    assert vera.post("/api/v1/verify", {"file": SimpleUploadedFile("a.png", builders.png())}).status_code == 202


def test_a_file_that_cannot_be_examined_is_a_problem(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(
        project, submitter, "verify", state=State.FAILED, error_code="archive_damaged", error_detail="This is no zip."
    )
    answer = sam.get(f"/api/v1/verify/{job.pk}")
    assert (answer.status_code, answer.json()["code"]) == (422, "archive_damaged")


@pytest.mark.parametrize(("limit", "status"), [(10, 413), (100_000, 202)])
def test_what_is_verified_has_a_limit(sam: Client, offered: None, settings, limit: int, status: int) -> None:
    settings.VERIFY_LIMIT_BYTES = limit
    assert sam.post("/api/v1/verify", {"file": SimpleUploadedFile("a.png", builders.png())}).status_code == status


def test_asking_too_often_is_429(sam: Client, offered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Often, "rate", "1/min")
    asked = [sam.post("/api/v1/verify", {"file": SimpleUploadedFile("a.png", b"x")}) for _ in range(2)]
    assert [answer.status_code for answer in asked] == [202, 429]
    assert asked[1].json()["code"] == "too_many_requests"
