"""Time stamps as REST clients see them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from audit import sequencer, stamping
from audit.models import Stamp, TreeHead
from audit.services import append
from config import clock
from jobs.models import State
from models_store.keys import Keyring
from tests import builders
from tests.home import HOME

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client_for: Callable[..., Client], submitter: User, project: Project) -> Client:
    """A member's client."""
    return client_for(submitter)


def head(keyring: Keyring) -> TreeHead:
    append(actor="sam", verb="test.done", subject=("audit", "test"))
    sequencer.sequence()
    made = sequencer.sign_head(keyring)
    assert made is not None
    return made


def stamped(kind: str, subject: str, sha256: str, token: bytes | None = b"token") -> Stamp:
    now = clock.now()
    row = {"kind": kind, "subject_id": subject, "sha256": sha256, "requested_at": now, "due_at": None}
    return Stamp.objects.create(**row, token=token, stamped_at=now if token else None, authority="http://tsa/")


def test_a_head_says_that_it_has_no_stamp(api: Client):
    head(Keyring.load(HOME / "keys"))
    said = api.get("/api/v1/audit/tree-head").json()
    assert (said["stamp"], said["stamped_head"]) == (None, None)


def test_the_newest_stamped_head_comes_with_its_token(api: Client):
    keyring = Keyring.load(HOME / "keys")
    first = head(keyring)
    stamped(stamping.HEAD, str(first.size), stamping.head_sha256(first))
    second = head(keyring)
    said = api.get("/api/v1/audit/tree-head").json()
    assert (said["size"], said["stamp"]) == (second.size, None)
    assert said["stamped_head"]["size"] == first.size
    assert base64.b64decode(said["stamped_head"]["stamp"]["token"]) == b"token"


@pytest.fixture
def made(project: Project, submitter: User) -> Any:
    """A generate job with an archive."""
    result = {"archive_sha256": "ab" * 32, "archive_credential": "urn:c2pa:x", "count": 1}
    return builders.job(project, submitter, "generate", state=State.SUCCEEDED, result=result)


def test_the_archive_of_a_job_comes_with_what_binds_it(api: Client, made: Any):
    stamped(stamping.ARCHIVE, str(made.pk), "ab" * 32)
    said = api.get(f"/api/v1/jobs/{made.pk}/archive/proof").json()
    assert (said["sha256"], said["credential"], said["stamp"]["sha256"]) == ("ab" * 32, "urn:c2pa:x", "ab" * 32)
    assert base64.b64decode(said["stamp"]["token"]) == b"token"


def test_a_stamp_that_still_waits_has_no_token(api: Client, made: Any):
    stamped(stamping.ARCHIVE, str(made.pk), "ab" * 32, None)
    stamp = api.get(f"/api/v1/jobs/{made.pk}/archive/proof").json()["stamp"]
    assert (stamp["token"], stamp["stamped_at"]) == (None, None)


def test_a_stranger_learns_nothing_of_an_archive(client_for: Callable[..., Client], made: Any):
    stranger = client_for(builders.person("eve"))
    assert stranger.get(f"/api/v1/jobs/{made.pk}/archive/proof").status_code == 404


def test_a_job_without_an_archive_says_so(api: Client, project: Project, submitter: User):
    job = builders.job(project, submitter, "generate")
    assert api.get(f"/api/v1/jobs/{job.pk}/archive/proof").status_code == 404
