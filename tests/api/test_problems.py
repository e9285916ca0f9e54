"""Every refusal is a problem document with a stable code."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from api.views import jobs as job_views

pytestmark = pytest.mark.django_db
MEMBERS = {"type", "title", "status", "code", "detail", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("get", "/api/v1/nowhere", {}, 404, "not_found"),
        ("get", "/api/nowhere", {}, 404, "not_found"),
        ("get", "/api/v1/jobs/no-id", {}, 404, "not_found"),
        ("get", "/api/v1/jobs/00000000-0000-7000-8000-000000000000", {}, 404, "not_found"),
        ("put", "/api/v1/jobs", {}, 405, "method_not_allowed"),
        ("post", "/api/v1/jobs", {"data": b"{bad", "content_type": "application/json"}, 400, "malformed"),
        ("post", "/api/v1/jobs", {"data": b"[1]", "content_type": "application/json"}, 422, "invalid_input"),
        ("post", "/api/v1/jobs", {"data": b"x", "content_type": "text/plain"}, 415, "unsupported_media_type"),
        ("get", "/api/v1/jobs?colour=red", {}, 422, "unknown_field"),
        ("get", "/api/v1/jobs?state=asleep", {}, 422, "invalid_input"),
        ("get", "/api/v1/jobs?cursor=xyz", {}, 422, "invalid_input"),
        ("get", "/api/v1/audit/proof/inclusion", {}, 422, "invalid_input"),
        ("get", "/api/v1/models?name=%00", {}, 422, "invalid_input"),
        ("get", "/api/v1/models/%00/versions/1", {}, 422, "invalid_input"),
        ("get", "/api/v1/aliases/a%00@b", {}, 422, "invalid_input"),
        ("options", "/api/v1/jobs/00000000-0000-7000-8000-000000000000/cancel", {}, 405, "method_not_allowed"),
    ],
)
def test_a_refusal_is_a_problem(sam: Client, method: str, path: str, more: dict, status: int, code: str) -> None:
    answer = getattr(sam, method)(path, **more)
    said = answer.json()
    assert (answer.status_code, said["code"], said["status"]) == (status, code, status)
    assert answer["Content-Type"] == "application/problem+json"
    assert said.keys() >= MEMBERS


@pytest.mark.parametrize("version", ["%00", "%0d%0aX-Evil:%201"])
def test_a_word_in_the_query_does_not_reach_a_header(db: None, version: str) -> None:
    answer = Client().get(f"/api/schema/?version={version}")
    assert (answer.status_code, answer["Content-Disposition"]) == (200, 'inline; filename="Kilnmark.yaml"')


def test_without_a_token_nothing_is_shown(db: None) -> None:
    answer = Client().get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_an_unknown_token_is_refused(db: None) -> None:
    answer = Client(headers={"Authorization": "Bearer km_guess"}).get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")


def test_a_fault_shows_no_traceback(sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(job_views, "job_rows", broken)
    answer = sam.get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert b"swordfish" not in answer.content
    assert b"Traceback" not in answer.content


def test_a_busy_database_asks_to_come_back(sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy() -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(job_views, "job_rows", busy)
    answer = sam.get("/api/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_busy")
    assert answer["Retry-After"]
    assert b"locked" not in answer.content


def test_a_body_that_is_too_large_is_413(sam: Client, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = sam.post("/api/v1/jobs", {"kind": "train", "name": "x" * 200}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_foreign_host_name_is_a_problem(sam: Client) -> None:
    answer = sam.get("/api/v1/jobs", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_a_long_value_is_not_echoed_whole(sam: Client) -> None:
    answer = sam.get("/api/v1/jobs?model=" + "z" * 2000)
    assert len(answer.json()["got"]) < 600


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    "body",
    [
        b'{"kind": "train", "seed": 1e400}',
        b'{"kind": "train", "name": "\\ud800", "family": "dcgan"}',
        b'{"\\ud800": 1, "kind": "train"}',
        b'{"kind": "\\ud800"}',
        b'{"kind": "train", "name": "\\u0000"}',
        b'{"kind": NaN}',
        b'{"kind": "train", "params": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"kind": ["train"]}',
        b'{"kind": "train", "family": "dcgan", "inputs": {"data": {"a": 1}}}',
        b"null",
        b"",
        b"\xff\xfe",
    ],
)
def test_no_body_is_a_fault_of_the_platform(sam: Client, body: bytes) -> None:
    answer = sam.post("/api/v1/jobs", body, content_type="application/json")
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"]
