"""Event streams and uploads of a real web process, over real sockets: what a stop of it does to them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed

from accounts.models import Project, User
from accounts.services import issue_token
from catalog.store import blobs, namespace
from jobs import partial_uploads
from jobs.models import JobEvent, JobInput, PartialUpload
from tests import builders
from tests.api.cut_line import CutLine
from tests.api.tus_client import OCTETS, TUS
from tests.served import PATIENCE_S, WebProcess

pytestmark = pytest.mark.django_db(transaction=True)
STREAMS = 50
MB = 2**20


@pytest.fixture
def web(transactional_db: None) -> Iterator[WebProcess]:
    """Started by the test."""
    made = WebProcess()
    yield made
    made.close()


@pytest.fixture
def token(submitter: User, project: Project) -> dict[str, str]:
    """Who asks."""
    return {"Authorization": f"Bearer {issue_token(submitter)[1]}"}


async def read(http: httpx.AsyncClient, path: str, begun: asyncio.Queue[None], **headers: str) -> str:
    """A whole stream, until the server ends it; httpx raises where it breaks instead."""
    text = ""
    async with http.stream("GET", path, headers={"Accept": "text/event-stream"} | headers) as answer:
        assert answer.status_code == 200
        async for piece in answer.aiter_text():
            text += piece
            if "id: " in text:
                begun.put_nowait(None)
    return text


def test_a_server_that_stops_ends_its_streams_and_they_go_on_at_the_next(
    web: WebProcess, token: dict[str, str], project: Project, submitter: User
) -> None:
    job = builders.job(project, submitter)
    first = JobEvent.objects.create(job=job, type="log", at=job.created_at, data={"n": 1})
    paths = (f"/api/v1/jobs/{job.pk}/events", f"/api/v1/projects/{project.pk}/events")

    async def story() -> tuple[list[str], str]:
        begun: asyncio.Queue[None] = asyncio.Queue()
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(
            base_url=web.url, headers=token, timeout=PATIENCE_S, limits=limits, trust_env=False
        ) as http:
            streams = [asyncio.create_task(read(http, paths[number % 2], begun)) for number in range(STREAMS)]
            for _ in streams:
                await begun.get()
            log = await asyncio.to_thread(web.stop)
            return await asyncio.gather(*streams), log

    web.start()
    told, log = asyncio.run(story())
    assert not [text for text in told if "event: end" in text], "it ended as if there were no more to tell"
    assert "Cancel" not in log
    assert "Traceback" not in log
    assert web.process is not None
    assert web.process.returncode in (0, -15)

    JobEvent.objects.create(job=job, type="log", at=job.created_at, data={"n": 2})
    web.start()
    headers = token | {"Accept": "text/event-stream", "Last-Event-ID": str(first.pk)}
    with httpx.stream("GET", web.url + paths[0], headers=headers, timeout=PATIENCE_S, trust_env=False) as answer:
        data = next(line for line in answer.iter_lines() if '"n"' in line)
    assert '"n": 2' in data


def test_tuspy_goes_on_after_a_broken_line_and_a_restart(
    web: WebProcess, token: dict[str, str], project: Project, submitter: User, offered: None, tmp_path
) -> None:
    dataset = builders.dataset(project, submitter)
    file = tmp_path / "digits.zip"
    file.write_bytes(bytes(range(256)) * (3 * MB // 256))
    web.start()
    metadata = {"filename": file.name, "dataset": str(dataset.pk)}
    with CutLine(web.port, after=MB) as line, file.open("rb") as open_:
        cut = TusClient(f"{line.url}/api/v1/uploads", headers=token | {"Connection": "close"})
        uploader = cut.uploader(file_stream=open_, metadata=metadata, chunk_size=4 * MB)
        with pytest.raises(TusUploadFailed):
            uploader.upload()
    web.stop()
    row = PartialUpload.objects.get()
    assert 0 < row.offset < MB

    web.start()
    with file.open("rb") as open_:
        client, place = TusClient(f"{web.url}/api/v1/uploads", headers=token), f"{web.url}/api/v1/uploads/{row.pk}"
        resumed = client.uploader(file_stream=open_, url=place, chunk_size=MB, upload_checksum=True)
        assert resumed.offset == row.offset
        resumed.upload()
    body = {"upload": str(row.pk), "options": {}}
    place = f"{web.url}/api/v1/datasets/{dataset.pk}/versions"
    answer = httpx.post(place, json=body, headers=token, timeout=PATIENCE_S, trust_env=False)
    assert answer.status_code == 202, answer.text
    kept = JobInput.objects.get(job=answer.json()["job"]["id"], role="upload").upload_sha256
    assert blobs().read(namespace(project), kept) == file.read_bytes()


def test_a_stop_in_the_middle_of_a_piece_keeps_what_had_come(
    web: WebProcess, token: dict[str, str], project: Project, submitter: User
) -> None:
    upload = partial_uploads.begin(project, name="a.zip", length=MB, actor=submitter)
    web.start()
    headers = token | TUS | {"Content-Type": OCTETS, "Upload-Offset": "0", "Content-Length": str(MB)}

    async def story() -> None:
        stopped = asyncio.Event()

        async def pieces():  # type: ignore[no-untyped-def]
            yield b"x" * 300_000
            await stopped.wait()

        async with httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False) as http:
            address = f"{web.url}/api/v1/uploads/{upload.pk}"
            sending = asyncio.create_task(http.patch(address, content=pieces(), headers=headers))
            while partial_uploads.place_of(upload.pk).stat().st_size < 300_000:
                await asyncio.sleep(0.02)
            await asyncio.to_thread(web.stop)
            stopped.set()
            await asyncio.gather(sending, return_exceptions=True)

    asyncio.run(story())
    upload.refresh_from_db()
    assert upload.offset == 300_000


def test_a_form_with_a_large_file_does_not_lie_in_memory(
    web: WebProcess, token: dict[str, str], project: Project, submitter: User, offered: None, tmp_path
) -> None:
    dataset, size = builders.dataset(project, submitter), 64 * MB
    file = tmp_path / "a.zip"
    file.write_bytes(b"PK" * (size // 2))
    web.start()
    small = {"file": ("a.zip", b"PK" * MB)}
    place = f"{web.url}/api/v1/datasets/{dataset.pk}/versions"
    said = {"headers": token, "timeout": PATIENCE_S, "trust_env": False}
    assert httpx.post(place, files=small, **said).status_code == 202  # what the first one loads is no growth
    before = web.memory_bytes("VmHWM")
    with file.open("rb") as open_:
        assert httpx.post(place, files={"file": ("a.zip", open_)}, **said).status_code == 202
    assert web.memory_bytes("VmHWM") - before < size // 2


def test_readers_that_take_nothing_do_not_make_the_process_grow(
    web: WebProcess, token: dict[str, str], project: Project, submitter: User
) -> None:
    job, text = builders.job(project, submitter), "x" * 12_000
    rows = [JobEvent(job=job, type="log", at=job.created_at, data={"message": text}) for _ in range(2000)]
    path = f"/api/v1/jobs/{job.pk}/events"
    web.start()

    def stuck() -> socket.socket:
        """A client that reads the first line of its answer and nothing more."""
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.connect(("127.0.0.1", web.port))
        said = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        made.sendall(f"{said}Authorization: {token['Authorization']}\r\n\r\n".encode())
        assert made.recv(15) == b"HTTP/1.1 200 OK"
        return made

    with ExitStack() as open_:
        for _ in range(10):
            open_.enter_context(stuck())
        before = web.memory_bytes("VmHWM")
        JobEvent.objects.bulk_create(rows, batch_size=500)
        headers = token | {"Accept": "text/event-stream"}
        with httpx.stream("GET", web.url + path, headers=headers, timeout=PATIENCE_S, trust_env=False) as answer:
            heard = sum(1 for _ in zip(range(len(rows)), told_logs(answer), strict=False))
        grown = web.memory_bytes("VmHWM") - before
    assert heard == len(rows)
    assert grown < 2 * len(rows) * len(text), "of ten readers, what two would have before them"


def told_logs(answer: httpx.Response) -> Iterator[str]:
    """Each event of the log as it comes."""
    return (line for line in answer.iter_lines() if line == "event: log")
