"""Evidence and the trust bundle over REST: for members, and the keys for everybody who may log in."""

from __future__ import annotations

import io
import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Project, User
from lineage.models import Artifact
from models_store.key_rotation import rotate
from models_store.keys import create_keyring
from models_store.trust import trust_bundle
from tests.evidence import released

pytestmark = pytest.mark.django_db


@pytest.fixture
def artifact(project: Project, submitter: User, tmp_path: Path) -> Artifact:
    """One of three, in the log."""
    return released.pictures(project, submitter, tmp_path)[0]


def paths(artifact: Artifact) -> list[str]:
    """Where its evidence is, that of its job and that of its model."""
    version = artifact.model_version
    return [
        f"/api/v1/artifacts/{artifact.pk}/evidence",
        f"/api/v1/jobs/{artifact.job_id}/evidence",
        f"/api/v1/models/{version.model_id}/versions/{version.number}/evidence",
    ]


def test_a_viewer_gets_a_sandboxed_zip(vera: Client, artifact: Artifact) -> None:
    for path in paths(artifact):
        answer = vera.get(path)
        with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
            assert "verify_evidence.py" in archive.namelist()
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Security-Policy"].startswith("sandbox")
        assert "no-store" in answer["Cache-Control"]


def test_to_a_stranger_there_is_none(stranger: Client, artifact: Artifact) -> None:
    assert [stranger.get(path).status_code for path in paths(artifact)] == [404] * 3


def test_what_the_log_does_not_hold_yet_asks_to_come_back(sam: Client, artifact: Artifact) -> None:
    Artifact.objects.filter(pk=artifact.pk).update(leaf=None)
    answer = sam.get(f"/api/v1/artifacts/{artifact.pk}/evidence")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_log_yet")


def test_the_trust_bundle_is_for_everybody_who_may_log_in_and_holds_no_secret(
    stranger: Client, artifact: Artifact
) -> None:
    said = stranger.get("/api/v1/verify/trust")
    assert said.json()["format"] == "kilnmark-trust"
    assert "PRIVATE" not in said.content.decode()
    assert Client().get("/api/v1/verify/trust").status_code == 401


def test_the_command_line_writes_the_same_trust_bundle(sam: Client, artifact: Artifact) -> None:
    out = StringIO()
    call_command("trust_bundle", stdout=out)
    assert json.loads(out.getvalue()) == sam.get("/api/v1/verify/trust").json()


def test_a_trust_bundle_keeps_retired_keys(tmp_path: Path) -> None:

    before = create_keyring(tmp_path / "keys")
    after = trust_bundle(rotate(tmp_path / "keys", "log"))
    assert set(after["log_keys"]) > {before.log.key_id}
