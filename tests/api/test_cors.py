"""Pages of origins that the platform names may call it, from its views and from its gate; all others may not."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from api.gate import Gate
from config import env
from config.asgi import django
from tests import builders

STUDIO, OTHER = "https://studio.example", "https://evil.example"
ALLOWED = "Access-Control-Allow-Origin"
CLIENTS_NEED = {
    "etag", "idempotency-replayed", "location", "preference-applied", "ratelimit", "ratelimit-policy", "repr-digest",
    "retry-after", "tus-resumable", "upload-offset", "x-request-id",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _named(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [STUDIO]


def words(said: str) -> set[str]:
    """A list in a header."""
    return {one.strip().lower() for one in said.split(",")}


@pytest.mark.django_db
class TestViews:
    """Through Django."""

    def test_a_named_origin_may_read_an_answer_and_the_headers_that_clients_need(self, sam: Client) -> None:
        answer = sam.get("/api/v1/projects", headers={"Origin": STUDIO})
        assert answer[ALLOWED] == STUDIO
        assert words(answer["Access-Control-Expose-Headers"]) >= CLIENTS_NEED
        assert "origin" in words(answer["Vary"])

    def test_another_origin_may_not(self, sam: Client) -> None:
        answer = sam.get("/api/v1/projects", headers={"Origin": OTHER})
        assert ALLOWED not in answer

    @pytest.mark.parametrize(
        "origin", ["null", "https://studio.example.evil", "http://studio.example", "https://[", "x"]
    )
    def test_what_only_looks_like_it_may_not(self, sam: Client, origin: str) -> None:
        assert ALLOWED not in sam.get("/api/v1/projects", headers={"Origin": origin})

    def test_a_refusal_can_be_read_too(self, db: None) -> None:
        answer = Client().get("/api/v1/projects", headers={"Origin": STUDIO})
        assert (answer.status_code, answer[ALLOWED]) == (401, STUDIO)

    def test_cookies_are_never_taken(self, sam: Client) -> None:
        answer = sam.get("/api/v1/projects", headers={"Origin": STUDIO})
        assert "Access-Control-Allow-Credentials" not in answer

    @pytest.mark.parametrize("path", ["/api/v1/jobs", "/api/v1/uploads", "/api/v1/nowhere"])
    def test_a_browser_that_asks_before_is_told_what_it_may(self, db: None, path: str) -> None:
        asks = {
            "Origin": STUDIO, "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, idempotency-key, if-match, prefer, tus-resumable",
        }  # fmt: skip
        answer = Client().options(path, headers=asks)
        assert (answer.status_code, answer[ALLOWED], answer.content) == (200, STUDIO, b"")
        assert words(answer["Access-Control-Allow-Methods"]) >= {"get", "post", "put", "patch", "delete"}
        assert words(answer["Access-Control-Allow-Headers"]) >= words(asks["Access-Control-Request-Headers"])

    def test_options_that_is_no_such_question_is_not_allowed(self, sam: Client) -> None:
        answer = sam.options("/api/v1/jobs", headers={"Origin": STUDIO})
        assert answer.status_code == 405

    def test_pages_of_the_desk_are_for_nobody_else(self, db: None) -> None:
        assert ALLOWED not in Client().get("/login/", headers={"Origin": STUDIO})

    def test_all_origins_are_a_star(self, sam: Client, settings: Any) -> None:
        settings.CORS_ALLOW_ALL_ORIGINS = True
        assert sam.get("/api/v1/projects", headers={"Origin": OTHER})[ALLOWED] == "*"


@pytest.mark.django_db(transaction=True)
def test_what_the_gate_says_itself_can_be_read_too(project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, state="succeeded")
    headers = {"Authorization": f"Bearer {issue_token(submitter)[1]}"}

    async def story() -> list[tuple[int, str, str]]:
        to = httpx.ASGITransport(app=Gate(django))
        async with httpx.AsyncClient(transport=to, base_url="http://localhost", headers=headers) as http:
            events, seen = f"/api/v1/jobs/{job.pk}/events", []
            for origin in (STUDIO, OTHER):
                asks = {"Origin": origin}
                stream = await http.get(events, headers=asks | {"Accept": "text/event-stream"})
                large = await http.post("/api/v1/verify", headers=asks | {"Content-Length": str(2**50)})
                waited = await http.get(f"/api/v1/jobs/{job.pk}", headers=asks)
                seen += [(one.status_code, one.headers.get(ALLOWED, "")) for one in (stream, large, waited)]
                assert len(stream.headers.get_list("vary")) == 1
            await sync_to_async(connections.close_all)()
        return seen

    allowed = [(200, STUDIO), (413, STUDIO), (200, STUDIO)]
    assert asyncio.run(story()) == allowed + [(status, "") for status, _ in allowed]


@pytest.mark.parametrize(
    "said",
    [
        "studio.example",
        "https://studio.example/",
        "https://a@b",
        "https://*.example",
        "null",
        "https://",
        "*, https://a",
    ],
)
def test_what_is_no_origin_stops_the_start(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("KILNMARK_CORS_ORIGINS", said)
    with pytest.raises(ImproperlyConfigured, match="KILNMARK_CORS_ORIGINS"):
        env.cross_origins("KILNMARK_CORS_ORIGINS")


def test_origins_are_a_list_or_a_star(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KILNMARK_CORS_ORIGINS", "https://a.example, http://localhost:3000")
    assert env.cross_origins("KILNMARK_CORS_ORIGINS") == (["https://a.example", "http://localhost:3000"], False)
    monkeypatch.setenv("KILNMARK_CORS_ORIGINS", "*")
    assert env.cross_origins("KILNMARK_CORS_ORIGINS") == ([], True)
