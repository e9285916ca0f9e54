"""Pairs of near copies are for people with rights on the data; figures about them are for whoever sees the job."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import HourlyCount
from audit.tally import Tally
from catalog.store import blobs, namespace
from jobs.models import Job, JobInput, State
from tests import builders

pytestmark = pytest.mark.django_db


def evaluation(home: Project, person: User, data: Project, owner: User) -> Job:
    """An evaluation in one project, of data that may belong to another."""
    sha256 = blobs().put(namespace(data), builders.png(7))
    result = {"metrics": {}, "near_pairs_sha256": sha256}
    job = builders.job(home, person, "evaluate", state=State.SUCCEEDED, queue="generate.cpu", result=result)
    JobInput.objects.create(job=job, role="data", dataset_version=builders.dataset_version(data, owner))
    return job


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """All in one project."""
    return evaluation(project, submitter, project, submitter)


def fetched(person: Client, job: Job) -> tuple[int, bytes]:
    """Status and bytes of the picture."""
    answer = person.get(address(job))
    return answer.status_code, b"".join(answer.streaming_content) if answer.streaming else b""  # type: ignore[arg-type]


def address(job: Job) -> str:
    return f"/api/v1/jobs/{job.pk}/near-copies"


def test_submitters_and_reviewers_of_the_data_see_the_pairs(job: Job, sam: Client, rita: Client) -> None:
    assert [fetched(person, job) for person in (sam, rita)] == [(200, builders.png(7))] * 2


def test_to_a_viewer_and_to_a_stranger_there_are_none(job: Job, vera: Client, stranger: Client) -> None:
    assert [person.get(address(job)).status_code for person in (vera, stranger)] == [404, 404]


def test_whoever_may_use_the_model_elsewhere_sees_no_pairs(
    project: Project, submitter: User, client_for: Callable[..., Client]
) -> None:
    olga = builders.person("olga")
    elsewhere = builders.project("elsewhere", owner=olga)
    job = evaluation(elsewhere, olga, project, submitter)
    client = client_for(olga)
    assert client.get(f"/api/v1/jobs/{job.pk}").status_code == 200
    assert client.get(address(job)).status_code == 404


def test_a_job_without_pairs_has_none_to_show(project: Project, submitter: User, sam: Client) -> None:
    assert sam.get(address(builders.job(project, submitter, "evaluate"))).status_code == 404


def test_nobody_keeps_a_copy_on_the_way(job: Job, sam: Client) -> None:
    answer = sam.get(address(job))
    assert b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("private, no-store", "image/png")


def test_reading_the_pairs_is_noted(job: Job, sam: Client, vera: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = Tally()
    monkeypatch.setattr("audit.tally.note", fresh.note)
    for person in (sam, vera):
        fetched(person, job)
    fresh.flush()
    noted = HourlyCount.objects.filter(verb="job.near_copies_read", subject_id=str(job.pk))
    assert list(noted.values_list("actor", flat=True)) == ["sam"]
