"""A project that has used up its storage brings nothing more and makes nothing more; others do not notice."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Project
from catalog.store import blobs, namespace
from jobs import storage
from jobs.models import Job, StorageUse
from jobs.request import Request
from jobs.shares import charge
from jobs.storage import QuotaStorage
from jobs.submission import submit
from jobs.uploads import keep

pytestmark = pytest.mark.django_db
LIMIT = 1000


@pytest.fixture(autouse=True)
def forgetful(monkeypatch) -> None:
    """A process that has counted nothing yet."""
    monkeypatch.setattr(storage, "_seen", storage.Seen())


@pytest.fixture
def small(project: Project) -> Project:
    """May keep LIMIT bytes and has kept 600."""
    blobs().put(namespace(project), b"k" * 600)
    Project.objects.filter(pk=project.pk).update(max_storage_bytes=LIMIT)
    project.refresh_from_db()
    return project


def upload(project: Project, size: int) -> None:
    keep(SimpleUploadedFile("clay.bin", bytes([size % 251]) * size), project, 10**6)


def train(project: Project, actor, kind: str = "train") -> Job:
    request = Request(kind=kind, project=project, queue="train", inputs={}, params={}, body={"kind": kind})
    return submit(request, actor=actor)[0]


def test_an_upload_that_does_not_fit_is_refused_with_what_there_is(small):
    with pytest.raises(QuotaStorage) as refused:
        upload(small, 401)
    said = refused.value.as_dict()
    assert (said["code"], said["expected"], said["got"]) == ("quota_storage", LIMIT, 1001)


def test_a_refused_upload_is_not_kept(small):
    with pytest.raises(QuotaStorage):
        upload(small, 401)
    assert blobs().used(namespace(small)) == 600


def test_uploads_are_added_before_the_next_count(small):
    upload(small, 300)
    with pytest.raises(QuotaStorage):
        upload(small, 200)
    assert storage.used_bytes(small) == 900


def test_a_submission_is_refused_when_the_storage_is_used_up(small, submitter, offered):
    upload(small, 400)
    with pytest.raises(QuotaStorage):
        train(small, submitter)
    assert not Job.objects.exists()


def test_what_leaves_only_findings_is_still_taken(small, submitter, offered):
    upload(small, 400)
    assert train(small, submitter, "verify").pk


def test_without_a_limit_nothing_is_counted(project, submitter, offered):
    upload(project, 400)
    train(project, submitter)
    assert not StorageUse.objects.exists()


def test_the_sweeper_sees_what_jobs_made(small, hands):
    storage.count_due(hands())
    blobs().put(namespace(small), b"m" * 350)
    charge(small.pk, 5.0)
    hands.move(600)
    storage.count_due(hands())
    assert storage.used_bytes(small) == 950


def test_a_project_that_did_nothing_is_not_counted_again(small, hands, django_assert_num_queries):
    assert storage.count_due(hands()) == 1
    with django_assert_num_queries(0):
        assert storage.count_due(hands()) == 0
    hands.move(600)
    assert storage.count_due(hands()) == 0


def test_what_another_worker_counted_a_moment_ago_is_not_counted_again(small, hands, monkeypatch):
    storage.count_due(hands())
    monkeypatch.setattr(storage, "_seen", storage.Seen())
    assert storage.count_due(hands()) == 0
