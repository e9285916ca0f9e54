"""The library against the real web process, blocking and awaited."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from kilnmark import AsyncClient, Client
from kilnmark.errors import Conflict, Invalid, JobNotSucceeded, NotAuthenticated, NotFound, WaitEnded

from accounts.models import Project, User
from api import gate
from config import clock
from jobs.models import Job, JobEvent, State
from tests import builders
from tests.client.conftest import QUICK
from tests.client.stub import Stub
from tests.served import Web, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sam(client_of: Callable[..., Client], submitter: User, project: Project) -> Client:
    """The submitter's client."""
    return client_of(submitter)


@pytest.fixture
def aio(async_client_of: Callable[..., AsyncClient], submitter: User, project: Project) -> AsyncClient:
    """The submitter's client for an event loop."""
    return async_client_of(submitter)


def many(project: Project, owner: User, count: int) -> list[str]:
    """Ids of that many jobs, newest first."""
    return [str(builders.job(project, owner).pk) for _ in range(count)][::-1]


def tell(job: Job, *, state: str = "", **data: Any) -> JobEvent:
    """An event of a job, which then has that state."""
    event = JobEvent.objects.create(job=job, type="state" if state else "metric", at=clock.now(), data=data)
    if state:
        Job.objects.filter(pk=job.pk).update(state=state)
    return event


def test_a_list_is_read_in_pages_when_they_are_wanted(sam: Client, submitter: User, project: Project) -> None:
    ids = many(project, submitter, 5)
    listed = sam.jobs.list(page_size=2)
    first = [job.id for job in islice(listed, 2)]
    Job.objects.filter(pk=ids[3]).delete()  # before its page is asked for
    assert first + [job.id for job in listed] == [ids[0], ids[1], ids[2], ids[4]]


def test_filters_are_asked_of_the_platform(sam: Client, submitter: User, project: Project) -> None:
    builders.job(project, submitter)
    done = builders.job(project, submitter, state=State.SUCCEEDED)
    found = list(sam.jobs.list(state=["succeeded", "failed"], project="studio", created_before=clock.now()))
    assert [job.id for job in found] == [str(done.pk)]


def test_an_answer_keeps_what_this_version_does_not_know(sam: Client, submitter: User, project: Project) -> None:
    job = sam.jobs.get(builders.job(project, submitter).pk)
    assert (job.kind, job.created_at.tzinfo is not None) == ("train", True)  # type: ignore[union-attr]
    assert job["links"] == job.raw["links"]


@pytest.mark.usefixtures("offered")
def test_the_same_key_gives_the_same_job(sam: Client, submitter: User, project: Project) -> None:
    data = builders.dataset_version(project, submitter)
    said: dict[str, Any] = {"family": "dcgan", "dataset_version": str(data.pk), "params": {"steps": 5}}
    first, second = sam.jobs.train(**said, key="k"), sam.jobs.train(**said, key="k")
    assert (first.id == second.id, first.state) == (True, "queued")
    assert sam.jobs.train(**said).id != first.id


@pytest.mark.usefixtures("offered")
def test_the_same_key_with_another_body_is_refused(sam: Client, submitter: User, project: Project) -> None:
    data = builders.dataset_version(project, submitter)
    sam.jobs.train(family="dcgan", dataset_version=data.pk, key="k")
    with pytest.raises(Conflict):
        sam.jobs.train(family="dcgan", dataset_version=data.pk, params={"steps": 6}, key="k")


@pytest.mark.usefixtures("offered")
def test_a_refusal_names_the_place(sam: Client, submitter: User, project: Project) -> None:
    data = builders.dataset_version(project, submitter)
    with pytest.raises(Invalid) as refused:
        sam.jobs.train(family="dcgan", dataset_version=data.pk, params={"steps": -1})
    assert (refused.value.field, refused.value.got) == ("params.steps", -1)
    assert refused.value.request_id


def test_strangers_and_wrong_tokens_are_told_apart(web: Web, sam: Client, project: Project) -> None:
    with pytest.raises(NotFound):
        sam.jobs.get("00000000-0000-4000-8000-000000000000")
    with Client(web.url, "km_wrong") as nobody, pytest.raises(NotAuthenticated):
        next(nobody.jobs.list())


def test_a_job_is_waited_for_until_it_ends(sam: Client, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter)
    threading.Timer(0.1, lambda: Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)).start()
    assert sam.jobs.wait(job.pk).succeeded


def test_a_wait_ends_with_its_time(sam: Client, submitter: User, project: Project) -> None:
    with pytest.raises(WaitEnded) as ended:
        sam.jobs.wait(builders.job(project, submitter).pk, timeout=0.05)
    assert ended.value.job.state == "queued"


def test_a_wait_takes_one_that_stands_still_where_it_may(sam: Client, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter, state=State.PAUSED)
    assert sam.jobs.wait(job.pk, still=True).state == "paused"
    with pytest.raises(WaitEnded):
        sam.jobs.wait(job.pk, timeout=0.05)


def test_a_failed_job_says_why(sam: Client, submitter: User, project: Project) -> None:
    facts = {"state": State.FAILED, "error_code": "diverged", "error_detail": "The loss is no number."}
    job = sam.jobs.wait(builders.job(project, submitter, **facts).pk)
    with pytest.raises(JobNotSucceeded, match=r"diverged: The loss is no number\."):
        job.checked()


def test_events_come_once_in_order_until_the_end(sam: Client, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter)
    for step in range(3):
        tell(job, step=step)
    tell(job, state="succeeded")
    found = [event for event in sam.jobs.events(job.pk) if event.id is not None]
    assert [event.data.get("step") for event in found] == [0, 1, 2, None]
    assert [event.id for event in sam.jobs.events(job.pk, after=found[1].id) if event.id] == [
        found[2].id,
        found[3].id,
    ]


def test_events_of_a_project_come_as_they_happen(sam: Client, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter)
    told = tell(job, state="running")
    stream = sam.projects.events(project.pk, after=0, types=["state"])
    event = next(stream)
    stream.close()
    assert (event.id, event.job, event.type) == (told.pk, str(job.pk), "state")


def test_an_iterator_that_is_left_gives_its_connection_back(sam: Client, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter)
    tell(job, step=1)
    pool = sam._way._http._transport._pool  # type: ignore[attr-defined]
    for _ in range(3):
        stream = sam.jobs.events(job.pk)
        next(stream)
        del stream
    gc.collect()
    assert [one for one in pool.connections if not one.is_idle()] == []


def test_a_password_gives_a_token(web: Web, submitter: User, project: Project) -> None:
    with Client(web.url) as nobody:
        fresh = nobody.tokens.create("laptop", username="sam", password="pass-of-sam")
    with Client(web.url, fresh.token) as sam:
        assert [one.name for one in sam.projects.list()] == ["studio"]
        assert [one.name for one in sam.tokens.list()] == ["laptop"]
    assert fresh.token not in repr(fresh)


def test_an_edit_of_what_somebody_changed_is_refused(client_of: Callable[..., Client], project: Project) -> None:
    owner = builders.person("olga")
    project.members.add(owner, through_defaults={"role": "owner"})
    olga = client_of(owner)
    window = olga.windows.create("night", "UTC", [{"days": ["mon"], "from": "22:00", "to": "23:00"}], project="studio")
    read = olga.windows.get(window)
    olga.windows.change(window, name="late")
    with pytest.raises(Exception, match="412"):
        olga.windows.change(window, name="dark", if_match=read.etag)
    olga.windows.delete(window)
    assert list(olga.windows.list()) == []


def test_any_path_can_be_asked(sam: Client, project: Project) -> None:
    assert [one["name"] for one in sam.request("GET", "/projects")["results"]] == ["studio"]


def test_what_is_awaited_is_the_same(aio: AsyncClient, submitter: User, project: Project) -> None:
    ids = many(project, submitter, 3)
    job = builders.job(project, submitter)
    tell(job, step=0)
    tell(job, state="succeeded")

    async def story() -> tuple[list[str], str, list[Any]]:
        async with aio as client:
            listed = [one.id async for one in client.jobs.list(page_size=2)]
            waited, *events = await asyncio.gather(
                client.jobs.wait(job.pk), *(_events(client, job.pk) for _ in range(3))
            )
            return listed, waited.state, events

    listed, state, events = asyncio.run(story())
    assert (listed, state) == ([str(job.pk), *ids], "succeeded")
    assert [len(one) for one in events] == [2, 2, 2]


async def _events(client: AsyncClient, job: Any) -> list[Any]:
    return [event async for event in client.jobs.events(job) if event.id is not None]


def test_whoever_gives_up_waiting_is_let_go(aio: AsyncClient, submitter: User, project: Project) -> None:
    job = builders.job(project, submitter)

    async def story() -> str:
        async with aio as client:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.jobs.wait(job.pk), 0.2)
            return (await client.jobs.get(job.pk)).state

    assert asyncio.run(story()) == "queued"


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    """A small file."""
    place = tmp_path / "digits.png"
    place.write_bytes(builders.png())
    return place


@pytest.mark.usefixtures("offered")
def test_data_are_declared_and_brought(sam: Client, brought: Path, project: Project) -> None:
    said = {"source": "scanner 3", "licence": "CC0", "legal_basis": "consent"}
    data = sam.datasets.declare("digits", "image", said)
    arrived: list[tuple[int, int]] = []
    version = sam.datasets.upload(data, brought, options={"size": 16}, progress=lambda *at: arrived.append(at))
    assert (version.number, version.state, sam.jobs.get(version.job).kind) == (1, "pending", "ingest")
    assert arrived[-1] == (brought.stat().st_size, brought.stat().st_size)
    assert sam.datasets.version(data, 1).options["size"] == 16


def test_threads_share_a_client(sam: Client, submitter: User, project: Project) -> None:
    ids = many(project, submitter, 4)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda at: sam.jobs.get(ids[at % 4]).id, range(24)))
    assert found == ids * 6


@pytest.mark.usefixtures("offered")
def test_a_file_is_judged_also_when_that_takes_longer_than_the_platform_waits(
    sam: Client, brought: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "VERDICT_WITHIN_S", 0.05)
    verdict: dict[str, Any] = {"verdict": "no_evidence", "evidence": []}

    def judge() -> None:
        job = until(lambda: Job.objects.filter(kind="verify").first())
        time.sleep(0.2)  # the platform has answered that it takes longer
        Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED, result=verdict)

    with ThreadPoolExecutor(1) as pool:
        judged = pool.submit(judge)
        found = sam.verify(brought, project="studio")
        judged.result()
    assert (found.verdict, found.verification) == ("no_evidence", str(Job.objects.get(kind="verify").pk))


@pytest.mark.parametrize(
    "trouble", ["garbage", "close", (503, {"Retry-After": "0"}, b""), (429, {"Retry-After": "0"}, b"")]
)
def test_trouble_on_the_way_is_outlasted_by_both(trouble: Any, stub: Stub) -> None:
    fine = (200, {"Content-Type": "application/json"}, b'{"id": "1", "state": "succeeded"}')
    stub.script(trouble, trouble, fine, trouble, trouble, fine)
    with Client(stub.url, "km_x", retries=QUICK) as client:
        assert client.jobs.cancel("1").succeeded

    async def story() -> bool:
        async with AsyncClient(stub.url, "km_x", retries=QUICK) as client:
            return (await client.jobs.cancel("1")).succeeded

    assert asyncio.run(story())
    keys = [line for one in stub.heard for line in one.splitlines() if line.startswith("idempotency-key")]
    assert (len(keys), keys[0] == keys[2], keys[3] == keys[5], keys[0] == keys[3]) == (6, True, True, False)
