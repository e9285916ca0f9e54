"""Bodies that come in chunks, without a length, are read as any other; and what a server passes on raw."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from accounts.models import Project, User
from accounts.services import issue_token
from api.gate import Gate
from config.asgi import django
from tests.api.story import run

pytestmark = pytest.mark.django_db(transaction=True)
DATA = (
    b'{"name": "in chunks", "modality": "image", "declaration": {"source": "a", "licence": "CC0", "legal_basis": "b"}}'
)


async def chunks(body: bytes) -> AsyncIterator[bytes]:
    """A few bytes at a time."""
    for start in range(0, len(body), 10):
        yield body[start : start + 10]


@pytest.fixture
def headers(submitter: User, project: Project) -> dict[str, str]:
    """Who sends."""
    return {"Authorization": f"Bearer {issue_token(submitter)[1]}"}


def sent(headers: dict[str, str], path: str, body: bytes, kind: str) -> httpx.Response:
    async def story() -> httpx.Response:
        transport = httpx.ASGITransport(app=Gate(django))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(path, content=chunks(body), headers=headers | {"Content-Type": kind})

    return run(story())


def test_json_in_chunks_is_read(headers: dict[str, str], offered: None) -> None:
    answer = sent(headers, "/api/v1/datasets", DATA, "application/json")
    assert (answer.status_code, answer.json()["name"]) == (201, "in chunks")


def test_json_in_chunks_is_read_strictly(headers: dict[str, str], offered: None) -> None:
    answer = sent(headers, "/api/v1/datasets", b'{"name": "a", "name": "b"}', "application/json")
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "malformed", "name")


def test_a_form_in_chunks_is_read(headers: dict[str, str], offered: None) -> None:
    made = sent(headers, "/api/v1/datasets", DATA, "application/json").json()
    form = b'--b\r\nContent-Disposition: form-data; name="options"\r\n\r\n{size}\r\n--b--\r\n'
    answer = sent(headers, f"/api/v1/datasets/{made['id']}/versions", form, "multipart/form-data; boundary=b")
    assert (answer.status_code, answer.json().get("field")) == (422, "options")


def test_a_query_that_is_no_text_is_refused_as_a_problem(headers: dict[str, str]) -> None:
    async def story() -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        scope = {
            "type": "http", "method": "GET", "path": "/api/v1/jobs", "raw_path": b"/api/v1/jobs",
            "query_string": b"kind=\xff", "headers": [(b"host", b"localhost")], "http_version": "1.1",
            "scheme": "http", "server": ("localhost", 80), "client": ("::1", 1), "root_path": "",
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            said.append(message)

        await Gate(django)(scope, receive, send)
        return said

    start, *rest = run(story())
    assert (start["status"], dict(start["headers"])[b"content-type"]) == (400, b"application/problem+json")
    assert b'"malformed"' in b"".join(one.get("body", b"") for one in rest)
