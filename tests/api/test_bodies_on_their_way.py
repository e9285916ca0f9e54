"""Bodies before and while they come: refused where their length says enough, and held against their digest."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx
import pytest

from accounts.models import Project, User
from accounts.services import issue_token
from api.body_digest import NoDigest, said_digests
from api.gate import Gate
from catalog.models import Dataset
from config.asgi import django
from tests import builders
from tests.api.story import run

ROWS = pytest.mark.django_db(transaction=True)
MB = 2**20


@pytest.fixture
def dataset(project: Project, submitter: User) -> Dataset:
    """To bring data for."""
    return builders.dataset(project, submitter)


@pytest.fixture
def headers(submitter: User, project: Project) -> dict[str, str]:
    """Who sends."""
    return {"Authorization": f"Bearer {issue_token(submitter)[1]}"}


def unread(path: str, headers: dict[str, str], length: int, kind: str = "multipart/form-data; boundary=x") -> Any:
    """(status, code) of a POST whose body must not be asked for."""

    async def story() -> tuple[int, str]:
        said = headers | {"Host": "localhost", "Content-Length": str(length), "Content-Type": kind}
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in said.items()],
            "http_version": "1.1", "scheme": "http", "server": ("localhost", 80), "client": ("::1", 1), "root_path": "",
        }  # fmt: skip
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            raise AssertionError("a body was read that is refused anyway")

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await Gate(django)(scope, receive, send)
        answer = httpx.Response(sent[0]["status"], content=b"".join(one.get("body", b"") for one in sent))
        return answer.status_code, answer.json()["code"]

    return run(story())


@ROWS
def test_a_quota_without_room_is_said_before_the_bytes(
    dataset: Dataset, project: Project, headers: dict[str, str], offered: None
) -> None:
    Project.objects.filter(pk=project.pk).update(max_storage_bytes=5 * MB)
    assert unread(f"/api/v1/datasets/{dataset.pk}/versions", headers, 10 * MB) == (409, "quota_storage")


@ROWS
def test_a_file_beyond_the_limit_is_refused_before_the_bytes(
    dataset: Dataset, headers: dict[str, str], settings, offered: None
) -> None:
    settings.UPLOAD_LIMIT_BYTES = 5 * MB
    path = f"/api/v1/datasets/{dataset.pk}/versions"
    assert unread(path, headers, 10 * MB) == (413, "too_large")


@ROWS
def test_who_may_not_bring_data_sends_none(dataset: Dataset, project: Project, offered: None) -> None:
    vera = builders.person("vera")
    project.members.add(vera, through_defaults={"role": "viewer"})
    headers = {"Authorization": f"Bearer {issue_token(vera)[1]}"}
    assert unread(f"/api/v1/datasets/{dataset.pk}/versions", headers, 10 * MB) == (403, "forbidden")


@ROWS
def test_a_stranger_sends_none(dataset: Dataset, offered: None) -> None:
    headers = {"Authorization": f"Bearer {issue_token(builders.person('olga'))[1]}"}
    assert unread(f"/api/v1/datasets/{dataset.pk}/versions", headers, 10 * MB) == (404, "not_found")


@ROWS
def test_verify_has_a_limit_of_its_own(headers: dict[str, str], settings) -> None:
    settings.VERIFY_LIMIT_BYTES = MB
    assert unread("/api/v1/verify", headers, 3 * MB) == (413, "too_large")


@ROWS
def test_where_no_file_is_taken_a_large_body_is_not_read(headers: dict[str, str], settings) -> None:
    length = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    assert unread("/api/v1/jobs", headers, length, "application/json") == (413, "too_large")


def sent(dataset: Dataset, headers: dict[str, str], form: httpx.Request, **more: str) -> httpx.Response:
    """The answer to a form with a file."""

    async def story() -> httpx.Response:
        transport = httpx.ASGITransport(app=Gate(django))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
            said = {"Content-Type": form.headers["Content-Type"]} | more
            return await http.post(f"/api/v1/datasets/{dataset.pk}/versions", content=form.content, headers=said)

    return run(story())


@pytest.fixture
def form() -> httpx.Request:
    """A form with a file that is long enough to be asked about first."""
    request = httpx.Request("POST", "http://localhost", files={"file": ("a.zip", b"PK" * 100_000)})
    request.read()
    return request


@ROWS
@pytest.mark.parametrize("name", ["Content-Digest", "Repr-Digest"])
@pytest.mark.parametrize("kind", ["sha-256", "sha-512"])
def test_a_body_that_fits_its_digest_is_taken(
    dataset: Dataset, headers: dict[str, str], form: httpx.Request, offered: None, name: str, kind: str
) -> None:
    digest = hashlib.new(kind.replace("-", ""), form.content).digest()
    said = f"{kind}=:{base64.b64encode(digest).decode()}:, md5=:AAAA:"
    assert sent(dataset, headers, form, **{name: said}).status_code == 202


@ROWS
def test_a_body_that_was_changed_on_its_way_leaves_nothing(
    dataset: Dataset, headers: dict[str, str], form: httpx.Request, offered: None
) -> None:
    digest = base64.b64encode(hashlib.sha256(form.content + b"!").digest()).decode()
    answer = sent(dataset, headers, form, **{"Content-Digest": f"sha-256=:{digest}:"})
    assert (answer.status_code, answer.json()["code"]) == (422, "digest_mismatch")
    assert answer.json()["field"] == "Content-Digest"
    assert not dataset.versions.exists()


@ROWS
def test_a_digest_that_is_none_is_refused(
    dataset: Dataset, headers: dict[str, str], form: httpx.Request, offered: None
) -> None:
    answer = sent(dataset, headers, form, **{"Repr-Digest": "sha-256=:AAAA:"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize("said", ["sha-256", "sha-256=AAAA", "sha-256=:A:", "sha-256=:AAAA:", "sha-256=:AAAA:,", "=::"])
def test_headers_that_name_no_digest(said: str) -> None:
    with pytest.raises(NoDigest):
        said_digests(said, "Content-Digest")


def test_unknown_algorithms_are_passed_over() -> None:
    assert said_digests("md5=:1B2M2Y8AsgTpgAmY7PhCfg==:", "Content-Digest") == {}
