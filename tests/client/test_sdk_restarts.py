"""The platform ends in the middle of what the client does, and comes back."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from kilnmark import AsyncClient, Client, Retries
from kilnmark.errors import Unreachable

from accounts.models import Project, User
from accounts.services import issue_token
from catalog.models import DatasetVersion
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job, JobEvent, PartialUpload, State
from lineage.models import Artifact
from tests import builders
from tests.served import Web, WebProcess, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
MB = 1 << 20


def bytes_of(size: int) -> bytes:
    """Bytes in which each piece is another."""
    return b"".join(hashlib.sha256(b"%d" % at).digest() for at in range(size // 32 + 1))[:size]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that goes in pieces."""
    place = tmp_path / "digits.zip"
    place.write_bytes(bytes_of(3 * MB))
    return place


@pytest.fixture
def sam(client_of: Callable[..., Client], submitter: User, project: Project) -> Client:
    """The submitter's client."""
    return client_of(submitter)


@pytest.fixture
def restarting(web: Web) -> Iterator[Callable[[], None]]:
    """Cut the platform off at once, and let it come back while the client is at it."""
    pool = ThreadPoolExecutor(1)

    def restart() -> None:
        web.cut()
        pool.submit(web.start)

    yield restart
    pool.shutdown()


def big_artifact(project: Project, owner: User, size: int) -> tuple[Artifact, bytes]:
    """An artifact with so many bytes in the store."""
    artifact = builders.generated(project, owner, 1)[0]
    said = bytes_of(size)
    sha256 = blobs().put(namespace(project), said)
    Artifact.objects.filter(pk=artifact.pk).update(sha256=sha256, size=size)
    artifact.refresh_from_db()
    return artifact, said


def tell(job: Job, step: int) -> None:
    JobEvent.objects.create(job=job, type="metric", at=clock.now(), data={"step": step})


def end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=State.SUCCEEDED)


def test_a_wait_outlasts_a_restart(
    sam: Client, restarting: Callable[[], None], submitter: User, project: Project
) -> None:
    job = builders.job(project, submitter)
    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(sam.jobs.wait, job.pk)
        restarting()
        end(job)
        assert waited.result(60).succeeded


def test_events_outlast_a_restart_each_told_once(
    sam: Client, restarting: Callable[[], None], submitter: User, project: Project
) -> None:
    job = builders.job(project, submitter)
    tell(job, 0)
    stream = (event.data["step"] for event in sam.jobs.events(job.pk) if event.type == "metric")
    found = [next(stream)]
    restarting()
    tell(job, 1)
    found.append(next(stream))
    restarting()
    tell(job, 2)
    end(job)
    assert [*found, *stream] == [0, 1, 2]


def test_events_of_a_project_outlast_a_restart(
    sam: Client, restarting: Callable[[], None], submitter: User, project: Project
) -> None:
    job = builders.job(project, submitter)
    tell(job, 0)
    stream = (event for event in sam.projects.events(project.pk, after=0, types=["metric"]) if event.id)
    found = [next(stream).data["step"]]
    restarting()
    tell(job, 1)
    found.append(next(stream).data["step"])
    stream.close()
    assert found == [0, 1]


def test_an_upload_goes_on_after_a_restart(
    sam: Client, restarting: Callable[[], None], submitter: User, project: Project, file: Path
) -> None:
    data = builders.dataset(project, submitter)
    arrived: list[int] = []

    def watch(at: int, of: int) -> None:
        arrived.append(at)
        if len(arrived) == 3:
            restarting()

    sam.datasets.upload(data.pk, file, small_bytes=MB, piece_bytes=MB // 2, progress=watch)
    assert (arrived[0], arrived[-1], sorted(arrived)) == (0, 3 * MB, arrived)
    assert DatasetVersion.objects.count() == 1
    upload = Job.objects.get(kind="ingest").inputs.get(role="upload")
    assert upload.upload_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_download_goes_on_after_a_restart(
    sam: Client, restarting: Callable[[], None], submitter: User, project: Project, tmp_path: Path
) -> None:
    artifact, said = big_artifact(project, submitter, 24 * MB)  # more than lies in buffers on the way
    arrived: list[int] = []

    def watch(at: int, of: int | None) -> None:
        arrived.append(at)
        if len(arrived) == 3:
            restarting()

    fetched = sam.artifacts.download(artifact.pk, to=tmp_path, progress=watch)
    assert (fetched.path.read_bytes() == said, fetched.verified) == (True, True)
    assert sorted(arrived) == arrived  # it never began anew
    assert [place.name for place in tmp_path.glob(".*")] == []


def test_what_is_awaited_goes_on_after_a_restart(
    async_client_of: Callable[..., AsyncClient], restarting: Callable[[], None], submitter: User, project: Project,
    file: Path, tmp_path: Path,
) -> None:  # fmt: skip
    data, job = builders.dataset(project, submitter), builders.job(project, submitter)
    artifact, said = big_artifact(project, submitter, 24 * MB)
    tell(job, 0)
    aio, begun = async_client_of(submitter), [threading.Event() for _ in range(3)]

    def watch(which: threading.Event, at: int) -> None:
        if at:
            which.set()

    async def events(client: AsyncClient) -> list[Any]:
        found = []
        async for event in client.jobs.events(job.pk):
            begun[0].set()
            found += [event.data["step"]] if event.type == "metric" else []
        return found

    async def breaking() -> None:
        await asyncio.to_thread(lambda: all(one.wait(60) for one in begun))
        await asyncio.to_thread(restarting)
        await asyncio.to_thread(tell, job, 1)
        await asyncio.to_thread(end, job)

    async def story() -> tuple[Any, ...]:
        async with aio as client:
            return await asyncio.gather(
                client.jobs.wait(job.pk),
                events(client),
                client.datasets.upload(
                    data.pk, file, small_bytes=MB, piece_bytes=MB // 4, progress=lambda at, of: watch(begun[1], at)
                ),
                client.artifacts.download(
                    artifact.pk, to=tmp_path / "got", progress=lambda at, of: watch(begun[2], at)
                ),
                breaking(),
            )

    waited, told, version, fetched, _ = asyncio.run(story())
    assert (waited.succeeded, told, version.number, fetched.path.read_bytes() == said) == (True, [0, 1], 1, True)


def test_a_platform_that_stays_away_is_given_up(
    web: Web, client_of: Callable[..., Client], submitter: User, project: Project
) -> None:
    job = builders.job(project, submitter)
    impatient = client_of(submitter, retries=Retries(first_s=0.01, most_s=0.02, outage_s=0.2))
    web.cut()
    with pytest.raises(Unreachable):
        impatient.jobs.wait(job.pk)
    with pytest.raises(Unreachable):
        next(impatient.jobs.events(job.pk))


def test_everything_outlasts_a_web_process_that_is_killed(
    process: WebProcess, submitter: User, project: Project, file: Path, tmp_path: Path
) -> None:
    data, job = builders.dataset(project, submitter), builders.job(project, submitter)
    artifact, said = big_artifact(project, submitter, 24 * MB)
    tell(job, 0)
    dead, begun = threading.Event(), [threading.Event() for _ in range(3)]

    def hold(which: threading.Event, at: int) -> None:
        """In the middle, until the platform is dead."""
        if at:
            which.set()
            dead.wait(60)

    def events(client: Client) -> list[Any]:
        found = []
        for event in client.jobs.events(job.pk):
            begun[0].set()
            found += [event.data["step"]] if event.type == "metric" else []
        return found

    process.start()
    sam = Client(process.url, issue_token(submitter)[1], retries=Retries(first_s=0.02, most_s=0.1))
    with sam, ThreadPoolExecutor(4) as pool:
        waited = pool.submit(sam.jobs.wait, job.pk)
        told = pool.submit(events, sam)
        sent = pool.submit(
                sam.datasets.upload, data.pk, file, small_bytes=MB, piece_bytes=MB,
                progress=lambda at, of: hold(begun[1], at),
            )  # fmt: skip
        fetched = pool.submit(
            sam.artifacts.download, artifact.pk, to=tmp_path / "got", progress=lambda at, of: hold(begun[2], at)
        )
        assert all(one.wait(60) for one in begun)
        process.kill()
        dead.set()
        tell(job, 1)
        end(job)
        process.start()
        assert waited.result(60).succeeded
        assert told.result(60) == [0, 1]
        assert sent.result(60).number == 1
        assert fetched.result(60).path.read_bytes() == said
    assert PartialUpload.objects.count() == 0


def test_a_client_that_is_killed_sends_only_the_rest(
    sam: Client, submitter: User, project: Project, file: Path
) -> None:
    data = builders.dataset(project, submitter)
    with pytest.raises(SystemExit):
        sam.datasets.upload(data.pk, file, small_bytes=MB, piece_bytes=MB, progress=_die_at(2 * MB))
    arrived: list[int] = []
    sam.datasets.upload(data.pk, file, small_bytes=MB, piece_bytes=MB, progress=lambda at, of: arrived.append(at))
    assert arrived == [2 * MB, 3 * MB]
    assert until(lambda: PartialUpload.objects.count() == 0)


def _die_at(there: int) -> Callable[[int, int], None]:
    def watch(at: int, of: int) -> None:
        if at == there:
            raise SystemExit

    return watch
