"""Pieces of uploads through the whole application: straight to the disk, and kept where a connection breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from accounts.models import Project, User
from accounts.services import issue_token
from api import intake
from api.gate import Gate
from config.asgi import django
from jobs import partial_uploads
from jobs.models import PartialUpload
from tests.api.story import run
from tests.api.tus_client import OCTETS, TUS, checksum

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def headers(submitter: User, project: Project) -> dict[str, str]:
    """Who sends, and what."""
    token = issue_token(submitter)[1]
    return TUS | {"Authorization": f"Bearer {token}", "Content-Type": OCTETS, "Upload-Offset": "0"}


@pytest.fixture
def upload(submitter: User, project: Project) -> PartialUpload:
    """One of a thousand bytes."""
    return partial_uploads.begin(project, name="a.zip", length=1000, actor=submitter)


def client(gate: Gate, headers: dict[str, str]) -> httpx.AsyncClient:
    """A client of one gate."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=gate), base_url="http://localhost", headers=headers)


def scope_of(upload: PartialUpload, headers: dict[str, str]) -> dict[str, Any]:
    """A PATCH as the server hands it over."""
    said = [(name.lower().encode(), value.encode()) for name, value in (headers | {"Host": "localhost"}).items()]
    path = f"/api/v1/uploads/{upload.pk}"
    return {
        "type": "http", "method": "PATCH", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": said, "http_version": "1.1", "scheme": "http", "server": ("localhost", 80), "client": ("::1", 1),
    }  # fmt: skip


async def ignore(message: dict[str, Any]) -> None:
    """The client has gone: nobody reads the answer."""


def test_a_piece_goes_to_the_disk(upload: PartialUpload, headers: dict[str, str]) -> None:
    async def story() -> httpx.Response:
        async with client(Gate(django), headers) as http:
            return await http.patch(f"/api/v1/uploads/{upload.pk}", content=b"x" * 1000)

    answer = run(story())
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, "1000")
    assert partial_uploads.place_of(upload.pk).read_bytes() == b"x" * 1000


@pytest.mark.parametrize(("said", "kept"), [({}, 300), ({"Upload-Checksum": checksum(b"x" * 1000)}, 0)])
def test_what_came_before_a_break_is_kept_unless_a_checksum_was_to_vouch_for_it(
    upload: PartialUpload, headers: dict[str, str], said: dict[str, str], kept: int
) -> None:
    messages = [{"type": "http.request", "body": b"x" * 300, "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    run(Gate(django)(scope_of(upload, headers | said), receive, ignore))
    upload.refresh_from_db()
    assert upload.offset == kept
    assert partial_uploads.place_of(upload.pk).stat().st_size == kept


def test_a_sender_that_falls_silent_makes_way(
    upload: PartialUpload, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "SILENT_FOR_S", 0.05)
    messages = [{"type": "http.request", "body": b"x" * 300, "more_body": True}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else await asyncio.Event().wait()  # type: ignore[return-value]

    run(Gate(django)(scope_of(upload, headers), receive, ignore))
    upload.refresh_from_db()
    assert upload.offset == 300


def test_two_pieces_at_once_do_not_mix_and_hold_no_seat(upload: PartialUpload, headers: dict[str, str]) -> None:
    async def story() -> tuple[int, int, int]:
        gate, go_on, begun = Gate(django), asyncio.Event(), asyncio.Event()
        seats = gate.seats._value

        async def slowly() -> AsyncIterator[bytes]:
            yield b"a" * 500
            begun.set()
            await go_on.wait()
            yield b"a" * 500

        async with client(gate, headers) as http:
            address = f"/api/v1/uploads/{upload.pk}"
            first = asyncio.create_task(http.patch(address, content=slowly()))
            await begun.wait()
            while partial_uploads.place_of(upload.pk).stat().st_size < 500:
                await asyncio.sleep(0.01)
            taken = seats - gate.seats._value
            second = await http.patch(address, content=b"b" * 10)
            go_on.set()
            return (await first).status_code, second.status_code, taken

    assert run(story()) == (204, 423, 0)
    assert partial_uploads.place_of(upload.pk).read_bytes() == b"a" * 1000


def test_more_than_was_announced_is_cut_off(upload: PartialUpload, headers: dict[str, str]) -> None:
    """Without a length of the body, as a chunked one comes."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 300

    async def story() -> httpx.Response:
        async with client(Gate(django), headers) as http:
            return await http.patch(f"/api/v1/uploads/{upload.pk}", content=endless())

    answer = run(story())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert partial_uploads.place_of(upload.pk).stat().st_size == 0


def test_nobody_writes_without_the_right_to(upload: PartialUpload, headers: dict[str, str], reviewer: User) -> None:
    theirs = headers | {"Authorization": f"Bearer {issue_token(reviewer)[1]}"}

    async def story() -> list[int]:
        address = f"/api/v1/uploads/{upload.pk}"
        found = []
        for said in (theirs, {name: value for name, value in headers.items() if name != "Authorization"}):
            async with client(Gate(django), said) as http:
                found.append((await http.patch(address, content=b"x" * 1000)).status_code)
        return found

    assert run(story()) == [404, 401]
    assert partial_uploads.place_of(upload.pk).stat().st_size == 0
