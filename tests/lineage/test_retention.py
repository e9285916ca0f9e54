"""Bytes past their days go, rows and proofs stay; a legal hold keeps what it reaches; shared bytes stay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts import retention as days
from audit.models import AuditEvent
from catalog.models import Stage
from catalog.store import blobs, namespace
from config import clock
from jobs.models import Job, JobEvent, JobInput, State, StorageUse
from jobs.saved_state import FilesExpired
from jobs.services import retry
from lineage import forgetting
from lineage.legal_holds import lift_hold, set_hold
from lineage.models import Artifact, DoomedBlob
from lineage.retention import keep_days
from lineage.services import proof_of
from models_store.errors import Forbidden, InvalidInput
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
LONG_AGO = timedelta(days=40)


@pytest.fixture(autouse=True)
def _settled(monkeypatch):
    """Blobs of this test count as put long ago."""
    monkeypatch.setattr(forgetting, "SETTLED_S", -60.0)


@pytest.fixture
def owner(project):
    found = builders.person("olaf")
    project.members.add(found, through_defaults={"role": "owner"})
    return found


@pytest.fixture
def thirty(project, owner):
    """Everything is kept for thirty days, as was set long ago."""
    days.set_retention(project, actor=owner, artifact_days=30, upload_days=30, log_days=30)
    type(project).objects.filter(pk=project.pk).update(retention_set_at=clock.now() - LONG_AGO)
    return project


def grown_old(rows):
    """As if these artifacts had been made long ago."""
    then = clock.now() - LONG_AGO
    Artifact.objects.filter(pk__in=[row.pk for row in rows]).update(created_at=then)
    Job.objects.filter(pk__in={row.job_id for row in rows}).update(finished_at=then)
    return rows


@pytest.fixture
def old(thirty, submitter):
    return grown_old(builders.generated(thirty, submitter, 3))


def there(artifact):
    return blobs().exists(namespace(artifact.project), artifact.sha256)


def test_old_artifacts_lose_their_bytes_and_keep_row_and_proof(old):
    keep_days()
    for artifact in Artifact.objects.all():
        assert (there(artifact), artifact.expired_at is not None) == (False, True)
        assert proof_of(artifact)["item"]["sha256"] == artifact.sha256
    assert not DoomedBlob.objects.exists()


def test_young_ones_stay(thirty, submitter):
    rows = builders.generated(thirty, submitter, 2)
    assert keep_days() == 0
    assert all(map(there, rows))


def test_without_days_everything_stays_for_ever(project, submitter):
    rows = grown_old(builders.generated(project, submitter, 2))
    keep_days()
    assert all(map(there, rows))


def test_days_that_were_just_set_delete_nothing_yet(project, owner, submitter):
    rows = grown_old(builders.generated(project, submitter, 2))
    days.set_retention(project, actor=owner, artifact_days=1)
    keep_days()
    assert all(map(there, rows))


def test_a_batch_is_one_event_that_names_what_went(old):
    keep_days()
    (event,) = AuditEvent.objects.filter(verb="artifacts.expired")
    assert event.detail.detail["ids"] == [str(row.pk) for row in old]


def test_content_answers_gone_with_the_date_and_manifest_and_proof_stay(old, submitter, client_for):
    keep_days()
    client = client_for(submitter)
    answer = client.get(f"/api/v1/artifacts/{old[0].pk}/content")
    assert (answer.status_code, answer.json()["code"]) == (410, "expired")
    assert f"{clock.now():%Y-%m-%d}" in answer.json()["detail"]
    for name in ("manifest", "proof"):
        assert client.get(f"/api/v1/artifacts/{old[0].pk}/{name}").status_code == 200


def test_bytes_that_a_younger_row_shares_stay(old, thirty, submitter):
    younger = builders.generated(thirty, submitter, 1)[0]
    assert younger.sha256 == old[0].sha256
    keep_days()
    assert [there(row) for row in old] == [True, False, False]


def test_bytes_of_another_project_stay(old, submitter):
    elsewhere = builders.project("elsewhere", submitter=submitter)
    other = builders.generated(elsewhere, submitter, 1)[0]
    keep_days()
    assert there(other)


def test_a_blob_put_a_moment_ago_waits_for_its_row(old, monkeypatch):
    monkeypatch.setattr(forgetting, "SETTLED_S", 600.0)
    keep_days()
    assert all(map(there, old))
    assert DoomedBlob.objects.count() == 3


def test_the_storage_count_follows(old, thirty):
    StorageUse.objects.create(project=thirty, bytes=10_000, counted_at=clock.now())
    keep_days()
    assert StorageUse.objects.get().bytes == 10_000 - sum(row.size for row in old)


def test_archive_upload_and_log_go_too_and_answer_gone(thirty, submitter, client_for):
    space, then = namespace(thirty), clock.now() - LONG_AGO
    kept = {name: blobs().put(space, name.encode()) for name in ("archive", "sheet", "upload")}
    result = {"archive_sha256": kept["archive"], "sheet_sha256": kept["sheet"]}
    job = builders.job(thirty, submitter, "verify", state=State.SUCCEEDED, finished_at=then, result=result)
    JobInput.objects.create(job=job, role="upload", upload_sha256=kept["upload"], upload_name="x.png")
    JobEvent.objects.create(job=job, type="log", at=then, data={"level": "info", "message": "x"})
    keep_days()
    assert [blobs().exists(space, sha256) for sha256 in kept.values()] == [False] * 3
    assert not JobEvent.objects.filter(job=job, type="log").exists()
    client = client_for(submitter)
    for name in ("archive", "sheet", "logs"):
        assert client.get(f"/api/v1/jobs/{job.pk}/{name}").json()["code"] == "expired"


def test_an_upload_of_an_artifact_of_ours_may_go_while_the_artifact_stays(thirty, submitter):
    (artifact,) = builders.generated(thirty, submitter, 1)
    then = clock.now() - LONG_AGO
    job = builders.job(thirty, submitter, "verify", state=State.SUCCEEDED, finished_at=then)
    JobInput.objects.create(job=job, role="upload", upload_sha256=artifact.sha256, upload_name="x.png")
    keep_days()
    assert there(artifact)
    assert JobInput.objects.get(job=job).upload_expired_at


def test_a_job_that_goes_on_keeps_what_it_made(old):
    Job.objects.update(state=State.PAUSED, finished_at=None)
    keep_days()
    assert all(map(there, old))


def test_a_job_whose_upload_is_gone_is_not_tried_again(thirty, submitter):
    then = clock.now() - LONG_AGO
    job = builders.job(thirty, submitter, "verify", state=State.FAILED, finished_at=then)
    sha256 = blobs().put(namespace(thirty), b"upload")
    JobInput.objects.create(job=job, role="upload", upload_sha256=sha256, upload_name="x.png")
    keep_days()
    with pytest.raises(FilesExpired):
        retry(job, actor=submitter)


@pytest.mark.parametrize("kind", ["project", "model_version", "job", "artifact"])
def test_a_hold_keeps_what_it_reaches(old, thirty, reviewer, kind):
    of = {"project": thirty.pk, "model_version": old[0].model_version_id, "job": old[0].job_id, "artifact": old[0].pk}
    set_hold(kind, str(of[kind]), reason="lawsuit 12", actor=reviewer)
    keep_days()
    assert [there(row) for row in old] == [True, *[kind != "artifact"] * 2]


def test_a_hold_on_data_keeps_what_models_trained_on_it_made(old, thirty, submitter, reviewer):
    data = builders.dataset_version(thirty, submitter)
    training = builders.job(thirty, submitter, state=State.SUCCEEDED)
    JobInput.objects.create(job=training, role="data", dataset_version=data)
    version = old[0].model_version
    version.job, version.stage = training, Stage.APPROVED
    version.save()
    set_hold("dataset", str(data.dataset_id), reason="lawsuit 12", actor=reviewer)
    keep_days()
    assert all(map(there, old))


def test_once_another_person_lifted_it_the_days_count_again(old, thirty, reviewer, owner):
    hold = set_hold("project", str(thirty.pk), reason="lawsuit 12", actor=reviewer)
    with pytest.raises(Forbidden):
        lift_hold(hold, comment="settled", actor=reviewer)
    lift_hold(hold, comment="settled", actor=owner)
    keep_days()
    assert not any(map(there, old))
    verbs = AuditEvent.objects.filter(verb__startswith="legal_hold.").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["legal_hold.set", "legal_hold.lifted"]


@pytest.mark.parametrize("value", [-1, 1.5, True, "30", 40_000])
def test_days_are_a_whole_number(project, owner, value):
    with pytest.raises(InvalidInput):
        days.set_retention(project, actor=owner, artifact_days=value)


def test_only_an_owner_sets_them(project, reviewer):
    with pytest.raises(Forbidden):
        days.set_retention(project, actor=reviewer, artifact_days=1)


def test_rest_sets_them_and_says_them(project, owner, client_for):
    client = client_for(owner)
    said = client.patch(f"/api/v1/projects/{project.pk}", {"artifact_days": 30}, "application/json").json()
    assert (said["artifact_days"], said["upload_days"], said["max_running"]) == (30, 0, 0)
    assert AuditEvent.objects.filter(verb="project.retention").exists()


def test_a_sweep_between_mark_and_deletion_finishes_the_work(old, monkeypatch):
    with monkeypatch.context() as crash:
        crash.setattr("lineage.retention.forget_due", lambda now: 0)
        keep_days()
    assert all(map(there, old))
    keep_days()
    assert not any(map(there, old))
