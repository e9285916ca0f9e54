"""One line in the log for each request, with its id and who asked, and nothing that is private."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from accounts.models import Project, User
from accounts.services import issue_token
from api.gate import Gate
from api.views import jobs as job_views
from config.asgi import django
from config.request_name import ACCESS, REQUEST, Named
from tests import builders

LINE = re.compile(r"request=(\S+) method=(\S+) path=(\S+) status=(\S+) ms=(\d+\.\d) who=(\S+)")


@pytest.fixture
def asked(
    project: Project, submitter: User, transactional_db: None, caplog: pytest.LogCaptureFixture
) -> Callable[..., Any]:
    """`asked(path)`: one request through the gate; gives the answer and the lines of the access log."""
    secret = issue_token(submitter)[1]

    def ask(path: str, *, token: str = secret, method: str = "GET", **headers: str) -> tuple[Any, list[str]]:
        async def story() -> httpx.Response:
            to = httpx.ASGITransport(app=Gate(django), raise_app_exceptions=False)
            sent = {"Authorization": f"Bearer {token}"} | headers
            async with httpx.AsyncClient(transport=to, base_url="http://localhost") as http:
                answer = await http.request(method, path, headers=sent)
            await sync_to_async(connections.close_all)()
            return answer

        with caplog.at_level(logging.INFO, ACCESS):
            answer = asyncio.run(story())
        return answer, [record.getMessage() for record in caplog.records if record.name == ACCESS]

    return ask


def test_a_request_is_one_line_with_the_id_of_its_answer(asked: Any, submitter: User) -> None:
    answer, (line,) = asked("/api/v1/jobs")
    name, method, path, status, _, who = LINE.fullmatch(line).groups()
    assert (name, method, path, status) == (answer.headers["X-Request-Id"], "GET", "/api/v1/jobs", "200")
    hint = submitter.api_tokens.get().hint
    assert who == f"user:{submitter.pk},token:{hint}"


def test_an_id_from_outside_is_not_taken_over(asked: Any) -> None:
    answer, (line,) = asked("/api/v1/jobs", **{"X-Request-Id": "mine"})
    assert answer.headers["X-Request-Id"] != "mine"
    assert "mine" not in line


def test_secrets_queries_and_unknown_tokens_are_not_logged(asked: Any) -> None:
    _, (line,) = asked("/api/v1/jobs?model=secret-word", token="km_0123456789abcdef")
    assert "secret-word" not in line
    assert "km_" not in line
    assert LINE.fullmatch(line)[6] == "-"


@pytest.mark.parametrize("path", ["/api/v1/a%0aINFO%20forged", "/api/v1/%e9%ff", "/x" * 500, "/api/v1/a%20b"])
def test_a_path_cannot_forge_or_break_a_line(asked: Any, path: str) -> None:
    _, (line,) = asked(path)
    assert LINE.fullmatch(line)
    assert len(line) < 1300


def test_a_stream_is_one_line_when_it_is_over(asked: Any, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, state="succeeded")
    _, lines = asked(f"/api/v1/jobs/{job.pk}/events", Accept="text/event-stream")
    assert [LINE.fullmatch(line)[4] for line in lines] == ["200"]


def test_what_is_refused_before_anybody_is_known_has_a_line(asked: Any) -> None:
    _, (line,) = asked("/api/v1/verify", method="POST", **{"Content-Length": str(2**50)})
    assert LINE.fullmatch(line)[4] == "413"


def test_other_lines_of_a_request_end_with_its_id(
    asked: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("swordfish")

    monkeypatch.setattr(job_views, "job_rows", broken)
    caplog.handler.addFilter(named := Named())
    try:
        answer, _ = asked("/api/v1/jobs")
    finally:
        caplog.handler.removeFilter(named)
    (fault,) = [record for record in caplog.records if record.name == "api.errors"]
    assert fault.request == f" request={answer.headers['X-Request-Id']}"


def test_outside_a_request_lines_are_as_they_were() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 1, "y", (), None)
    assert (Named().filter(record), record.request, REQUEST.get()) == (True, "", "")


def test_a_host_that_is_not_ours_is_logged_in_one_line() -> None:
    try:
        raise ValueError
    except ValueError:
        record = logging.getLogger().makeRecord(
            "django.security.DisallowedHost", logging.ERROR, "", 0, "Invalid", (), sys.exc_info()
        )
    Named().filter(record)
    assert "\n" not in logging.Formatter("%(message)s").format(record)
