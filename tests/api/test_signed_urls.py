"""Artifacts straight from the bucket, by links that end: against a server that speaks S3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client

from accounts.models import Project, User
from audit import reviews, tally
from catalog.models import ModelVersion, Stage
from catalog.store import blobs, namespace
from lineage.flags import decide_artifact
from lineage.models import Artifact
from models_store.store_url import open_store
from tests import builders
from tests.s3_server import CREDENTIALS, S3Server

pytestmark = pytest.mark.django_db
SECONDS = 90


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """A server."""
    server = S3Server()
    yield server
    server.stop()


@pytest.fixture
def artifact(
    project: Project, submitter: User, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings
) -> Artifact:
    """A picture that lies in a bucket."""
    made = builders.generated(project, submitter, count=1)[0]
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    store = open_store(f"s3://{s3.make_bucket()}/prefix?endpoint={s3.url}&region=us-east-1", tmp_path / "cache")
    store.put(namespace(project), blobs().read(namespace(project), made.sha256))
    monkeypatch.setattr("api.downloads.blobs", lambda: store)
    settings.SIGNED_URLS_S = SECONDS
    return made


def test_the_link_has_the_bytes_for_anybody_who_has_it(sam: Client, artifact: Artifact) -> None:
    answer = sam.get(f"/api/v1/artifacts/{artifact.pk}/content")
    assert (answer.status_code, answer["Cache-Control"]) == (307, "private, no-store")
    fetched = httpx.get(answer["Location"])
    assert hashlib.sha256(fetched.content).hexdigest() == artifact.sha256 == answer["X-Content-SHA256"]


def test_the_link_ends_when_the_setting_says(sam: Client, artifact: Artifact) -> None:
    link = sam.get(f"/api/v1/artifacts/{artifact.pk}/content")["Location"]
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == [str(SECONDS)]


def test_a_part_of_the_bytes_comes_from_the_bucket_too(sam: Client, artifact: Artifact) -> None:
    link = sam.get(f"/api/v1/artifacts/{artifact.pk}/content", headers={"Range": "bytes=0-3"})["Location"]
    assert httpx.get(link, headers={"Range": "bytes=0-3"}).content == b"\x89PNG"


def test_a_read_by_link_is_counted(sam: Client, artifact: Artifact, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[str] = []
    monkeypatch.setattr(tally, "note", lambda **said: noted.append(said["verb"]))
    sam.get(f"/api/v1/artifacts/{artifact.pk}/content")
    assert "artifact.read" in noted


def test_without_the_setting_bytes_come_through_the_platform(sam: Client, artifact: Artifact, settings) -> None:
    settings.SIGNED_URLS_S = 0
    answer = sam.get(f"/api/v1/artifacts/{artifact.pk}/content")
    assert answer.status_code == 200
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == artifact.sha256


def withdraw(artifact: Artifact, reviewer: User) -> None:
    """A reviewer takes it back."""
    decide_artifact(artifact, "withdraw", actor=reviewer, comment="It shows a face.")


def revoke(artifact: Artifact, reviewer: User) -> None:
    """Its model was revoked."""
    ModelVersion.objects.filter(pk=artifact.model_version_id).update(stage=Stage.REVOKED)


def question(artifact: Artifact, reviewer: User) -> None:
    """It waits for a reviewer."""
    reviews.ask(("artifact", str(artifact.pk)), project=artifact.project_id)


@pytest.mark.parametrize("happens", [withdraw, revoke, question])
def test_what_is_guarded_has_no_link(rita: Client, reviewer: User, artifact: Artifact, happens) -> None:
    happens(artifact, reviewer)
    answer = rita.get(f"/api/v1/artifacts/{artifact.pk}/content")
    b"".join(answer.streaming_content)
    assert (answer.status_code, "Location" in answer) == (200, False)


def test_nobody_gets_a_link_to_what_was_withdrawn(sam: Client, reviewer: User, artifact: Artifact) -> None:
    withdraw(artifact, reviewer)
    assert sam.get(f"/api/v1/artifacts/{artifact.pk}/content").status_code == 410


def test_a_stranger_gets_no_link(stranger: Client, artifact: Artifact) -> None:
    assert stranger.get(f"/api/v1/artifacts/{artifact.pk}/content").status_code == 404
