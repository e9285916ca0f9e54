"""Prefer: to wait for a job that is submitted or there, or not to wait for a verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from accounts.models import Project, User
from accounts.services import issue_token
from api.gate import Gate
from api.preferences import Preferences, preferred
from config.asgi import django
from jobs import services
from jobs.models import Job
from tests import builders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
Story = Callable[[Gate, httpx.AsyncClient], Coroutine[Any, Any, Any]]


@pytest.fixture
def told(project: Project, submitter: User) -> Callable[..., Any]:
    """`told(story)`: run it with a gate and a client of the submitter."""

    def tell(story: Story, **said: Any) -> Any:
        headers = {"Authorization": f"Bearer {issue_token(submitter, **said)[1]}"}

        async def whole() -> Any:
            gate = Gate(django)
            to = {"transport": httpx.ASGITransport(app=gate), "base_url": "http://localhost", "headers": headers}
            async with httpx.AsyncClient(**to) as http:
                try:
                    return await asyncio.wait_for(story(gate, http), 30)
                finally:
                    await sync_to_async(connections.close_all)()

        return asyncio.run(whole())

    return tell


@pytest.fixture
def body(project: Project, submitter: User) -> dict[str, str]:
    """A training."""
    data = builders.dataset_version(project, submitter)
    return {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}


async def waited_for(gate: Gate) -> Job:
    """The job that somebody waits for by now."""
    while not gate.lookout.waiting:
        await asyncio.sleep(0.005)
    return await sync_to_async(Job.objects.select_related("project").latest)("id")


def submitting(body: dict[str, str], prefer: str, path: str = "/api/v1/jobs", **more: str) -> Any:
    """Submit, and cancel what is submitted once it is waited for."""

    async def story(gate: Gate, http: httpx.AsyncClient) -> httpx.Response:
        sending = asyncio.create_task(http.post(path, json=body, headers={"Prefer": prefer} | more))
        job = await waited_for(gate)
        await sync_to_async(services.cancel)(job, actor=await sync_to_async(User.objects.get)(username="sam"))
        return await sending

    return story


def test_who_waits_for_a_submission_has_the_job_as_it_ended(told: Any, body: dict[str, str]) -> None:
    answer = told(submitting(body, "wait=30"))
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert answer.headers["Preference-Applied"] == "wait=30"
    assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json()['id']}"


def test_a_clone_is_waited_for_too(told: Any, project: Project, submitter: User, body: dict[str, str]) -> None:
    from jobs.submission import send

    job, _ = send(body, actor=submitter)
    answer = told(submitting({"name": "again"}, "wait=30", f"/api/v1/jobs/{job.pk}/clone"))
    assert (answer.status_code, answer.json()["state"], answer.json()["name"]) == (200, "cancelled", "again")


def test_a_wait_that_is_over_says_that_it_goes_on(told: Any, body: dict[str, str]) -> None:
    async def story(gate: Gate, http: httpx.AsyncClient) -> httpx.Response:
        return await http.post("/api/v1/jobs", json=body, headers={"Prefer": "wait=1"})

    answer = told(story)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.headers["Preference-Applied"] == "wait=1"


def test_a_repeat_waits_as_well_and_says_that_it_is_one(told: Any, body: dict[str, str]) -> None:
    async def story(gate: Gate, http: httpx.AsyncClient) -> httpx.Response:
        await http.post("/api/v1/jobs", json=body, headers={"Idempotency-Key": "k"})
        return await submitting(body, "wait=30", **{"Idempotency-Key": "k"})(gate, http)

    answer = told(story)
    assert (answer.status_code, answer.headers["Idempotency-Replayed"]) == (200, "true")


def test_a_refusal_is_not_waited_for(told: Any) -> None:
    async def story(gate: Gate, http: httpx.AsyncClient) -> httpx.Response:
        return await http.post("/api/v1/jobs", json={"kind": "none"}, headers={"Prefer": "wait=30"})

    answer = told(story)
    assert (answer.status_code, "Preference-Applied" in answer.headers) == (422, False)


def test_who_may_submit_but_not_read_has_the_plain_answer(told: Any, body: dict[str, str]) -> None:
    answer = told(submitting(body, "wait=30"), scopes=["submit"])
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


def test_a_job_that_is_there_is_waited_for(told: Any, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)

    async def story(gate: Gate, http: httpx.AsyncClient) -> list[httpx.Response]:
        path = f"/api/v1/jobs/{job.pk}"
        before = await http.get(path, headers={"Prefer": "wait=0"})
        asking = asyncio.create_task(http.get(path, headers={"Prefer": "wait=30"}))
        await waited_for(gate)
        await sync_to_async(services.cancel)(job, actor=submitter)
        return [before, await asking, await http.get(path)]

    before, after, plain = told(story)
    assert (before.status_code, before.headers["Preference-Applied"]) == (202, "wait=0")
    assert (after.status_code, after.json()["state"]) == (200, "cancelled")
    assert (plain.status_code, "Preference-Applied" in plain.headers) == (200, False)


def test_what_is_known_already_is_waited_for_until_it_changes(told: Any, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)

    async def story(gate: Gate, http: httpx.AsyncClient) -> list[int]:
        path, statuses = f"/api/v1/jobs/{job.pk}", []
        tag = (await http.get(path)).headers["ETag"]
        asking = asyncio.create_task(http.get(path, headers={"Prefer": "wait=30", "If-None-Match": tag}))
        await waited_for(gate)
        await sync_to_async(services.cancel)(job, actor=submitter)
        done = await asking
        statuses.append(done.status_code)
        known = {"Prefer": "wait=30", "If-None-Match": done.headers["ETag"]}
        statuses.append((await http.get(path, headers=known)).status_code)
        return statuses

    assert told(story) == [200, 304]


def test_a_verdict_need_not_be_waited_for(told: Any) -> None:
    async def story(gate: Gate, http: httpx.AsyncClient) -> httpx.Response:
        files = {"file": ("a.png", builders.png())}
        return await http.post("/api/v1/verify", files=files, headers={"Prefer": "respond-async"})

    answer = told(story)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    assert answer.headers["Location"].startswith("/api/v1/verify/")


def test_a_verdict_is_waited_for_as_long_as_is_liked(told: Any) -> None:
    async def story(gate: Gate, http: httpx.AsyncClient) -> httpx.Response:
        files = {"file": ("a.png", builders.png())}
        return await http.post("/api/v1/verify", files=files, headers={"Prefer": "respond-async, wait=1"})

    answer = told(story)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async, wait=1")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (["wait=10"], Preferences(10)),
        (['WAIT = "10"; x=y'], Preferences(10)),
        (["wait=99999999999999999999"], Preferences(60)),
        (["wait=5, wait=50", "wait=7"], Preferences(5)),
        (["respond-async", "wait=5"], Preferences(5, respond_async=True)),
        (["wait=-1"], Preferences()),
        (["wait=1.5"], Preferences()),
        (["wait=\u00b2"], Preferences()),
        (["return=minimal"], Preferences()),
        ([",;=,,"], Preferences()),
        ([], Preferences()),
    ],
)
def test_preferences_are_read_as_the_rfc_has_them(said: list[str], found: Preferences) -> None:
    assert preferred({"headers": [(b"prefer", one.encode("latin-1")) for one in said]}) == found
