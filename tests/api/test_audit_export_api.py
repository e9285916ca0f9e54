"""The log as a file: for operators, whole, and checked by the script that auditors use."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from api.gate import Gate
from audit.models import AuditEvent
from config.asgi import django
from tests import builders

pytestmark = pytest.mark.django_db
SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "verify_audit.py"
EXPORT = "/api/v1/audit/export"


@pytest.fixture
def root(client_for: Callable[..., Client], db: None) -> Client:
    """An operator's client."""
    return client_for(builders.person("root", is_superuser=True))


def exported(client: Client, query: str = "") -> list[str]:
    """The lines that are answered."""
    answer = client.get(EXPORT + query)
    assert answer.status_code == 200
    return b"".join(answer).decode().splitlines()


@pytest.mark.parametrize("who", ["sam", "rita", "vera", "stranger"])
def test_whoever_does_not_run_the_platform_gets_nothing(
    request: pytest.FixtureRequest, project: Project, submitter: User, who: str
) -> None:
    builders.generated(project, submitter)
    answer = request.getfixturevalue(who).get(EXPORT)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert not AuditEvent.objects.filter(verb="audit.exported").exists()


def test_without_a_login_there_is_nothing() -> None:
    assert Client().get(EXPORT).status_code == 401


def test_a_token_needs_the_scope_to_read(client_for: Callable[..., Client]) -> None:
    client = client_for(builders.person("root", is_superuser=True), scopes=["submit"])
    assert client.get(EXPORT).json()["code"] == "scope_missing"


def test_an_auditor_checks_what_an_operator_was_given(
    root: Client, project: Project, submitter: User, tmp_path: Path
) -> None:
    builders.generated(project, submitter)
    older = root.get("/api/v1/audit/tree-head").json()
    builders.generated(project, submitter)
    (tmp_path / "head.json").write_text(json.dumps(older))
    (tmp_path / "key.pem").write_text(root.get("/api/v1/audit/public-key").json()["public_key"])
    (tmp_path / "log.jsonl").write_text("\n".join(exported(root, "?details=1")) + "\n")
    words = ["log.jsonl", "--key", "key.pem", "--older", "head.json", "--details"]
    ended = subprocess.run([sys.executable, "-I", str(SCRIPT), *words], cwd=tmp_path, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.endswith("VERIFIED.\n")


def test_nobody_is_named_unless_details_are_asked_for(root: Client, project: Project, submitter: User) -> None:
    builders.generated(project, submitter)
    assert "worker test" not in "".join(exported(root))
    assert '"actor":"worker test"' in "".join(exported(root, "?details=1"))


def test_it_is_json_lines_for_nobody_to_keep(root: Client, project: Project, submitter: User) -> None:
    builders.generated(project, submitter)
    answer = root.get(EXPORT)
    b"".join(answer)
    assert answer["Content-Type"] == "application/jsonl"
    assert answer["Cache-Control"] == "private, no-store"
    assert "attachment" in answer["Content-Disposition"]


def test_a_log_without_a_head_says_to_ask_again(root: Client) -> None:
    answer = root.get(EXPORT)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_log_yet")


def test_a_word_that_is_not_known_is_refused(root: Client) -> None:
    assert root.get(EXPORT + "?detail=1").json()["code"] == "unknown_field"


@pytest.mark.django_db(transaction=True)
def test_through_the_gate_it_comes_whole_and_leaves_nothing_behind(project: Project, submitter: User) -> None:
    builders.generated(project, submitter)
    bearer = {"Authorization": f"Bearer {issue_token(builders.person('root', is_superuser=True))[1]}"}

    async def story() -> httpx.Response:
        try:
            transport = httpx.ASGITransport(app=Gate(django))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=bearer) as client:
                return await asyncio.wait_for(client.get(EXPORT), 30)
        finally:
            await sync_to_async(connections.close_all)()

    before = set(settings.FILE_UPLOAD_TEMP_DIR.iterdir())
    answer = asyncio.run(story())
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["content-type"] == "application/jsonl"
    last = json.loads(answer.text.splitlines()[-1])
    assert last == {"end": True, "count": len(answer.text.splitlines()) - 2}
    assert set(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == before
