"""Event streams: of one job and of all jobs of a project, through the whole application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import ApiToken, Project, User
from accounts.services import issue_token, revoke_token
from api.gate import Gate
from config.asgi import django
from jobs import services
from jobs.models import Job, JobEvent, State
from tests import builders
from tests.api.story import run

ROWS = pytest.mark.django_db(transaction=True)


class Ear:
    """A client at the other end of a stream."""

    def __init__(self, gate: Gate, path: str, token: str, query: str = "", **headers: str) -> None:
        self.gate, self.text, self.status, self.more = gate, b"", 0, asyncio.Event()
        said = {"host": "localhost", "authorization": f"Bearer {token}", "accept": "text/event-stream"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.scope = {
            "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in said.items()], "http_version": "1.1",
            "scheme": "http", "server": ("localhost", 80), "client": ("::1", 1), "root_path": "",
        }  # fmt: skip
        self.left, self.begun, self.over = asyncio.Event(), False, False

    async def receive(self) -> dict[str, Any]:
        if not self.begun:
            self.begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"")
        self.over = message["type"] == "http.response.body" and not message.get("more_body")
        self.more.set()

    async def hears(self, kind: str) -> dict[str, Any]:
        """The next event of this type; what came before it is dropped."""
        while True:
            blocks = self.text.decode().split("\n\n")
            for place, block in enumerate(blocks[:-1]):
                if f"event: {kind}\n" in block:
                    self.text = "\n\n".join(blocks[place + 1 :]).encode()
                    lines = dict(line.split(": ", 1) for line in block.split("\n"))
                    return json.loads(lines["data"]) | {"id": lines.get("id")}
            self.more.clear()
            await self.more.wait()


@asynccontextmanager
async def hearing(*told: Any, **more: str) -> AsyncGenerator[Ear, None]:
    """One stream, which its client leaves in the end."""
    ear = Ear(*told, **more)
    serving = asyncio.create_task(ear.gate(ear.scope, ear.receive, ear.send))
    try:
        yield ear
    finally:
        ear.left.set()
        await serving


async def listening(gate: Gate) -> None:
    """Until somebody's place is known."""
    while not any(one.seen >= 0 for one in gate.lookout.listening):
        await asyncio.sleep(0.01)


def note(job: Job, type_: str = "log", **data: Any) -> JobEvent:
    """Something happens in a job."""
    return JobEvent.objects.create(job=job, type=type_, at=job.created_at, data=data)


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """A queued job."""
    return builders.job(project, submitter)


@pytest.fixture
def token(submitter: User, project: Project) -> str:
    """The submitter's."""
    return issue_token(submitter)[1]


@ROWS
def test_a_project_stream_tells_the_states_of_all_its_jobs(
    job: Job, project: Project, submitter: User, token: str
) -> None:
    other = builders.job(project, submitter)

    async def story() -> list[tuple[str, str]]:
        gate = Gate(django)
        async with hearing(gate, f"/api/v1/projects/{project.pk}/events", token) as ear:
            await listening(gate)
            await sync_to_async(services.cancel)(job, actor=submitter)
            await sync_to_async(services.cancel)(other, actor=submitter)
            said = [await ear.hears("state") for _ in range(2)]
        return [(one["job"], one["data"]["state"]) for one in said]

    assert run(story()) == [(str(job.pk), "cancelled"), (str(other.pk), "cancelled")]


@ROWS
def test_a_project_stream_tells_how_far_running_jobs_are(job: Job, project: Project, token: str) -> None:
    rows = Job.objects.filter(pk=job.pk)
    rows.update(state=State.RUNNING, done=3, total=10)

    async def story() -> tuple[int, int]:
        async with hearing(Gate(django), f"/api/v1/projects/{project.pk}/events", token) as ear:
            first = await ear.hears("progress")
            await sync_to_async(rows.update)(done=4)
            return first["done"], (await ear.hears("progress"))["done"]

    assert run(story()) == (3, 4)


@ROWS
def test_a_project_stream_is_silent_about_other_projects(job: Job, project: Project, token: str) -> None:
    olga = builders.person("olga")
    elsewhere = builders.job(builders.project("elsewhere", owner=olga), olga)

    async def story() -> str:
        gate = Gate(django)
        async with hearing(gate, f"/api/v1/projects/{project.pk}/events", token, "types=log") as ear:
            await listening(gate)
            await sync_to_async(note)(elsewhere, said="theirs")
            await sync_to_async(note)(job, said="ours")
            return (await ear.hears("log"))["data"]["said"]

    assert run(story()) == "ours"


@ROWS
def test_only_the_types_that_were_asked_for_are_told(job: Job, project: Project, token: str) -> None:
    async def story() -> str:
        gate = Gate(django)
        async with hearing(gate, f"/api/v1/projects/{project.pk}/events", token, "types=metric,log") as ear:
            await listening(gate)
            await sync_to_async(note)(job, "state", state="queued")
            await sync_to_async(note)(job, "metric", values={"loss": 1.0})
            await ear.hears("metric")
            await sync_to_async(note)(job, "log", message="done")
            await ear.hears("log")
            return ear.text.decode()

    assert "event: state" not in run(story())


@ROWS
def test_a_project_stream_goes_on_where_it_broke(job: Job, project: Project, token: str) -> None:
    made = [note(job, n=number) for number in range(3)]

    async def story() -> int:
        path = f"/api/v1/projects/{project.pk}/events"
        async with hearing(Gate(django), path, token, "types=log", last_event_id=str(made[1].pk)) as ear:
            return (await ear.hears("log"))["data"]["n"]

    assert run(story()) == 2


@ROWS
def test_a_long_break_is_caught_up_with_page_by_page(
    job: Job, project: Project, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.listeners.PAGE", 3)
    monkeypatch.setattr("api.listeners.WINDOW", 7)
    first = note(job, n=-1)
    for number in range(20):
        note(job, "log" if number % 2 else "metric", n=number)

    async def story() -> list[int]:
        path = f"/api/v1/projects/{project.pk}/events"
        async with hearing(Gate(django), path, token, "types=log", last_event_id=str(first.pk)) as ear:
            return [(await ear.hears("log"))["data"]["n"] for _ in range(10)]

    assert run(story()) == list(range(1, 20, 2))


@ROWS
@pytest.mark.parametrize("of", ["jobs", "projects"])
def test_a_revoked_token_ends_its_stream(
    of: str, job: Job, project: Project, submitter: User, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ALLOWED_FOR_S", "IDLE_FOR_S"):
        monkeypatch.setattr(f"api.gate.{name}", 0.0)
    path = f"/api/v1/{of}/{job.pk if of == 'jobs' else project.pk}/events"

    def revoke() -> None:
        revoke_token(ApiToken.objects.get(user=submitter), actor="sam")
        note(job, "state", state="secret")

    async def story() -> str:
        gate = Gate(django)
        async with hearing(gate, path, token) as ear:
            await listening(gate)
            await sync_to_async(revoke)()
            while not ear.over:
                await asyncio.sleep(0.01)
            return ear.text.decode()

    assert "secret" not in run(story())


@ROWS
def test_a_stop_of_the_server_ends_streams_and_waits_at_once(job: Job, project: Project, token: str) -> None:
    async def story() -> tuple[bool, bool, int]:
        gate = Gate(django)
        wait = Ear(gate, f"/api/v1/jobs/{job.pk}", token, "wait=60")
        waiting = asyncio.create_task(gate(wait.scope, wait.receive, wait.send))
        async with hearing(gate, f"/api/v1/projects/{project.pk}/events", token) as ear:
            await listening(gate)
            while not gate.lookout.waiting:
                await asyncio.sleep(0.01)
            gate.stopping.tell()
            await waiting
            while not ear.over:
                await asyncio.sleep(0.01)
            return ear.over, b"event: end" in ear.text, wait.status

    assert run(story()) == (True, False, 200)


@ROWS
def test_a_reader_that_takes_nothing_keeps_nothing_in_memory(
    job: Job, project: Project, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it stands still nothing is read for it; what it missed comes from the rows, page by page."""
    monkeypatch.setattr("api.listeners.PAGE", 5)

    async def slow() -> list[int]:
        gate, flows, stuck = Gate(django), asyncio.Event(), asyncio.Event()
        ear = Ear(gate, f"/api/v1/projects/{project.pk}/events", token, "types=log")

        async def slowly(message: dict[str, Any]) -> None:
            if b"event: log" in message.get("body", b""):
                stuck.set()
                await flows.wait()
            await ear.send(message)

        serving = asyncio.create_task(gate(ear.scope, ear.receive, slowly))
        await listening(gate)
        await sync_to_async(note)(job, n=0)
        await stuck.wait()
        for number in range(1, 30):
            await sync_to_async(note)(job, n=number)
        idle = not gate.lookout.listening
        flows.set()
        told = [(await ear.hears("log"))["data"]["n"] for _ in range(30)]
        ear.left.set()
        await serving
        return [int(idle), *told]

    assert run(slow()) == [1, *range(30)]
