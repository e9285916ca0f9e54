"""Waits, streams, uploads and downloads through the whole application: none of them holds a thread."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from accounts.models import Project, User
from accounts.services import issue_token
from api.gate import Gate
from api.threads import quick
from catalog.models import VersionState
from config.asgi import django
from jobs import services
from jobs.models import Job, JobEvent, State
from lineage.models import Artifact
from tests import builders
from tests.api.story import run

pytestmark = pytest.mark.django_db(transaction=True)


def bearer(user: User) -> dict[str, str]:
    """A fresh token as a header."""
    return {"Authorization": f"Bearer {issue_token(user)[1]}"}


def client(gate: Gate, headers: dict[str, str]) -> httpx.AsyncClient:
    """A client of one gate."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=gate), base_url="http://localhost", headers=headers)


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """A queued job."""
    return builders.job(project, submitter)


def test_a_wait_ends_when_the_job_does(job: Job, submitter: User) -> None:
    headers = bearer(submitter)

    async def story() -> str:
        async with client(Gate(django), headers) as http:
            waiting = asyncio.create_task(http.get(f"/api/v1/jobs/{job.pk}?wait=25"))
            await asyncio.sleep(0)
            await sync_to_async(services.cancel)(job, actor=submitter)
            return (await waiting).json()["state"]

    assert run(story()) == "cancelled"


def test_a_wait_that_is_over_answers_as_it_is(job: Job, submitter: User) -> None:
    headers = bearer(submitter)

    async def story() -> str:
        async with client(Gate(django), headers) as http:
            return (await http.get(f"/api/v1/jobs/{job.pk}?wait=1")).json()["state"]

    assert run(story()) == "queued"


def test_a_stranger_is_not_kept_waiting(job: Job) -> None:
    olga = builders.person("olga")
    headers = bearer(olga)

    async def story() -> tuple[int, bool]:
        gate = Gate(django)
        async with client(gate, headers) as http:
            answer = await http.get(f"/api/v1/jobs/{job.pk}?wait=60")
        return answer.status_code, gate.lookout.watch is None

    assert run(story()) == (404, True)


def test_waits_leave_the_threads_to_others(job: Job, submitter: User) -> None:
    headers = bearer(submitter)

    async def story() -> tuple[int, int, int]:
        gate = Gate(django)
        async with client(gate, headers) as http:
            waits = [asyncio.create_task(http.get(f"/api/v1/jobs/{job.pk}?wait=50")) for _ in range(3 * quick())]
            while len(gate.lookout.waiting) < len(waits):
                await asyncio.sleep(0.01)
            threads = sum(thread.name.startswith("ThreadPoolExecutor") for thread in threading.enumerate())
            status = (await http.get("/api/v1/projects")).status_code
            await sync_to_async(services.cancel)(job, actor=submitter)
            ended = [answer.json()["state"] for answer in await asyncio.gather(*waits)].count("cancelled")
        return threads, status, ended

    threads, status, ended = run(story())
    assert (status, ended) == (200, 3 * quick())
    assert threads <= 1  # the one that asgiref keeps for everybody


def test_a_client_that_goes_away_ends_its_wait(job: Job, submitter: User) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in bearer(submitter).items()]

    async def story() -> int:
        gate, sent = Gate(django), []
        leave = asyncio.Event()
        said = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            for message in said:
                return message
            await leave.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": f"/api/v1/jobs/{job.pk}", "query_string": b"wait=50",
            "headers": [(b"host", b"localhost"), *headers], "http_version": "1.1", "scheme": "http",
            "server": ("localhost", 80), "client": ("127.0.0.1", 1), "root_path": "",
            "raw_path": f"/api/v1/jobs/{job.pk}".encode(),
        }  # fmt: skip
        serving = asyncio.create_task(gate(scope, receive, send))
        while not gate.lookout.waiting:
            await asyncio.sleep(0.01)
        leave.set()
        await serving
        assert not gate.lookout.waiting
        return len(sent)

    assert run(story()) == 0


def test_no_more_views_run_at_once_than_there_are_seats(
    submitter: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.views import datasets

    headers, lock = bearer(submitter), threading.Lock()
    inside = most = 0
    free = threading.Semaphore(0)

    def slow(kind: str | None = None) -> list[Any]:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == quick():
                free.release(100)
        free.acquire(timeout=10)
        with lock:
            inside -= 1
        return []

    monkeypatch.setattr(datasets, "available", slow)

    async def story() -> set[int]:
        async with client(Gate(django), headers) as http:
            answers = await asyncio.gather(*(http.get("/api/v1/plugins") for _ in range(3 * quick())))
        return {answer.status_code for answer in answers}

    assert run(story()) == {200}
    assert most == quick()


def heard(text: str) -> list[tuple[str, Any]]:
    """(event, data) of a stream."""
    blocks = [dict(line.split(": ", 1) for line in block.split("\n")) for block in text.strip().split("\n\n")]
    return [(block["event"], json.loads(block["data"])) for block in blocks if "event" in block]


def test_a_stream_tells_everything_and_ends_with_the_job(job: Job, submitter: User) -> None:
    headers = bearer(submitter) | {"Accept": "text/event-stream"}
    JobEvent.objects.create(job=job, type="metric", at=job.created_at, data={"step": 1, "values": {"loss": 2.0}})
    services.cancel(job, actor=submitter)

    async def story() -> httpx.Response:
        async with client(Gate(django), headers) as http:
            return await http.get(f"/api/v1/jobs/{job.pk}/events")

    answer = run(story())
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [kind for kind, _ in heard(answer.text)] == ["progress", "metric", "state", "end"]


def test_a_stream_goes_on_after_the_last_event_that_was_seen(job: Job, submitter: User) -> None:
    made = [JobEvent.objects.create(job=job, type="log", at=job.created_at, data={"n": number}) for number in range(3)]
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)
    headers = bearer(submitter) | {"Accept": "text/event-stream", "Last-Event-ID": str(made[1].pk)}

    async def story() -> str:
        async with client(Gate(django), headers) as http:
            return (await http.get(f"/api/v1/jobs/{job.pk}/events")).text

    assert [said["data"]["n"] for kind, said in heard(run(story())) if kind == "log"] == [2]


def test_a_stranger_gets_no_stream(job: Job) -> None:
    headers = bearer(builders.person("olga")) | {"Accept": "text/event-stream"}

    async def story() -> tuple[int, str]:
        async with client(Gate(django), headers) as http:
            answer = await http.get(f"/api/v1/jobs/{job.pk}/events")
        return answer.status_code, answer.json()["code"]

    assert run(story()) == (404, "not_found")


def test_a_stream_ends_for_somebody_who_left_the_project(
    job: Job, submitter: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.gate.ALLOWED_FOR_S", 0.0)
    headers = bearer(submitter) | {"Accept": "text/event-stream"}
    gate = Gate(django)

    def leave() -> None:
        project.membership_set.all().delete()
        JobEvent.objects.create(job=job, type="log", at=job.created_at, data={"n": "secret"})

    async def story() -> str:
        async with client(gate, headers) as http:
            listening = asyncio.create_task(http.get(f"/api/v1/jobs/{job.pk}/events"))
            while not gate.lookout.listening:
                await asyncio.sleep(0.01)
            await sync_to_async(leave)()
            return (await listening).text

    assert "secret" not in run(story())


def test_verify_waits_for_the_verdict(submitter: User, project: Project, offered: None) -> None:
    headers = bearer(submitter)

    def judge() -> None:
        result = {"verdict": "no_evidence", "evidence": []}
        assert Job.objects.filter(kind="verify").update(state=State.SUCCEEDED, result=result)

    async def story() -> httpx.Response:
        gate = Gate(django)
        async with client(gate, headers) as http:
            asking = asyncio.create_task(http.post("/api/v1/verify", files={"file": ("a.png", builders.png())}))
            while not gate.lookout.waiting:
                await asyncio.sleep(0.01)
            await sync_to_async(judge)()
            return await asking

    answer = run(story())
    assert (answer.status_code, answer.json()["verdict"]) == (200, "no_evidence")


def test_a_download_through_the_gate_is_the_file(project: Project, submitter: User) -> None:
    artifact: Artifact = builders.generated(project, submitter, count=1)[0]
    headers = bearer(submitter)

    async def story() -> httpx.Response:
        async with client(Gate(django), headers) as http:
            return await http.get(f"/api/v1/artifacts/{artifact.pk}/content")

    answer = run(story())
    assert hashlib.sha256(answer.content).hexdigest() == artifact.sha256
    assert answer.headers["content-length"] == str(artifact.size)


def test_an_upload_through_the_gate_arrives(project: Project, submitter: User, offered: None) -> None:
    dataset, headers = builders.dataset(project, submitter), bearer(submitter)

    async def story() -> int:
        async with client(Gate(django), headers) as http:
            files = {"file": ("a.zip", b"PK" * 2_000_000)}
            return (await http.post(f"/api/v1/datasets/{dataset.pk}/versions", files=files)).status_code

    assert run(story()) == 202
    assert dataset.versions.get().state == VersionState.PENDING


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_beyond_every_limit_is_cut_off(project: Project, submitter: User, settings, declared: bool) -> None:
    settings.UPLOAD_LIMIT_BYTES = 1000
    headers = bearer(submitter)

    async def pieces() -> Any:
        for _ in range(30):
            yield b"x" * 100_000

    async def story() -> httpx.Response:
        async with client(Gate(django), headers) as http:
            body = b"x" * 3_000_000 if declared else pieces()
            return await http.post("/api/v1/jobs", content=body, headers={"Content-Type": "application/json"})

    answer = run(story())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_every_answer_carries_the_request_id_of_the_gate(submitter: User, project: Project) -> None:
    headers = bearer(submitter) | {"X-Request-Id": "forged"}

    async def story() -> httpx.Response:
        async with client(Gate(django), headers) as http:
            return await http.get("/api/v1/nowhere")

    answer = run(story())
    assert answer.headers["x-request-id"] == answer.json()["request_id"] != "forged"


@pytest.mark.parametrize("id_", ["-" * 36, "a" * 36, "0123456789ab-cdef-0123-4567-89abcdef0123"])
@pytest.mark.parametrize(
    "path", ["/api/v1/jobs/{}", "/api/v1/jobs/{}/events", "/api/v1/verify/{}", "/api/v1/uploads/{}"]
)
def test_what_only_looks_like_an_id_is_not_found(path: str, id_: str, submitter: User) -> None:
    headers = bearer(submitter) | {"Accept": "text/event-stream"}

    async def story() -> httpx.Response:
        async with client(Gate(django), headers) as http:
            return await http.get(path.format(id_))

    answer = run(story())
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
