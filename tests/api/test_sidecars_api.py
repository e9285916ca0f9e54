"""Credential and label of an artifact that carries none inside, over REST."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client

from accounts.models import Project, User
from catalog.store import blobs, namespace
from lineage.models import Artifact
from tests import builders
from tests.builders_text import written

pytestmark = pytest.mark.django_db
PATHS = [("c2pa", "credential", "application/c2pa"), ("xmp", "label", "application/rdf+xml")]


@pytest.fixture
def text(project: Project, submitter: User) -> Artifact:
    """One, in the log."""
    return written(project, submitter, ["<script>alert(1)</script> said the fool.\n"])[0]


@pytest.mark.parametrize(("name", "path", "media_type"), PATHS)
def test_a_sidecar_is_a_sandboxed_attachment_of_the_bytes_that_were_kept(
    sam: Client, text: Artifact, name: str, path: str, media_type: str
) -> None:
    answer = sam.get(f"/api/v1/artifacts/{text.pk}/{path}")
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == text.sidecars[name]["sha256"]
    assert answer["Content-Type"] == media_type
    assert answer["Content-Disposition"] == f'attachment; filename="{text.pk}.txt.{name}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")


def test_a_text_is_a_sandboxed_attachment_of_plain_text(sam: Client, text: Artifact) -> None:
    answer = sam.get(f"/api/v1/artifacts/{text.pk}/content")
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script> said the fool.\n"
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{text.pk}.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox")


@pytest.mark.parametrize("path", ["credential", "label"])
def test_a_picture_has_no_sidecar_and_says_that_it_carries_it_inside(
    sam: Client, project: Project, submitter: User, path: str
) -> None:
    picture = builders.generated(project, submitter, count=1)[0]
    answer = sam.get(f"/api/v1/artifacts/{picture.pk}/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_sidecar")
    assert "inside the file" in answer.json()["detail"]


def test_an_artifact_lists_its_sidecars_and_where_they_are(sam: Client, text: Artifact) -> None:
    said = sam.get(f"/api/v1/artifacts/{text.pk}").json()
    assert said["sidecars"] == text.sidecars
    assert {said["links"][path] for _, path, _ in PATHS} == {
        f"/api/v1/artifacts/{text.pk}/{path}" for _, path, _ in PATHS
    }


def test_a_picture_lists_no_sidecar(sam: Client, project: Project, submitter: User) -> None:
    said = sam.get(f"/api/v1/artifacts/{builders.generated(project, submitter, count=1)[0].pk}").json()
    assert said["sidecars"] == {}
    assert not {"credential", "label"} & said["links"].keys()


@pytest.mark.parametrize("path", ["credential", "label"])
def test_a_stranger_gets_no_sidecar(stranger: Client, text: Artifact, path: str) -> None:
    assert stranger.get(f"/api/v1/artifacts/{text.pk}/{path}").status_code == 404


def test_a_sidecar_that_was_damaged_in_the_store_is_not_handed_out(
    sam: Client, text: Artifact, project: Project
) -> None:
    place = blobs().path(namespace(project), text.sidecars["c2pa"]["sha256"])
    place.chmod(0o600)
    place.write_bytes(b"something else")
    answer = sam.get(f"/api/v1/artifacts/{text.pk}/credential")
    assert (answer.status_code, answer.json()["code"]) == (500, "integrity_failure")
