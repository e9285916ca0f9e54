"""REST honours platform roles as the pages do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from audit.models import AuditEvent
from jobs.models import Job, State
from tests import builders

JOBS = "/api/v1/jobs"


@pytest.fixture
def auditor(db: None, client_for: Callable[..., Client]) -> Client:
    """Reads everything."""
    return client_for(builders.person("ada", platform_role="auditor"))


@pytest.fixture
def operator(db: None, client_for: Callable[..., Client]) -> Client:
    """Runs the platform."""
    return client_for(builders.person("olga", platform_role="operator"))


@pytest.fixture
def job(project: Project, submitter: User) -> Job:
    """One that waits."""
    return builders.job(project, submitter)


@pytest.mark.parametrize("who", ["auditor", "operator"])
def test_whoever_looks_at_all_projects_finds_their_jobs(who: str, job: Job, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(who)
    assert [one["id"] for one in client.get(JOBS).json()["results"]] == [str(job.pk)]
    assert client.get(f"{JOBS}/{job.pk}").status_code == 200


def test_the_role_that_a_project_tells_them_is_viewer(auditor: Client, project: Project) -> None:
    assert auditor.get("/api/v1/projects").json()["results"][0]["role"] == "viewer"


@pytest.mark.parametrize("action", ["cancel", "pause"])
def test_an_operator_steers_a_job_of_others(action: str, operator: Client, job: Job) -> None:
    assert operator.post(f"{JOBS}/{job.pk}/{action}").status_code == 200
    job.refresh_from_db()
    assert job.state == (State.CANCELLED if action == "cancel" else State.PAUSED)
    assert AuditEvent.objects.filter(actor="olga", verb__startswith="job.").exists()


def test_an_auditor_steers_nothing(auditor: Client, job: Job) -> None:
    answer = auditor.post(f"{JOBS}/{job.pk}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    job.refresh_from_db()
    assert job.state == State.QUEUED


@pytest.mark.parametrize("who", ["auditor", "operator"])
def test_neither_submits_into_a_project_of_others(
    who: str, project: Project, submitter: User, offered: None, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(who)
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "inputs": {"data": str(data.pk)}, "project": project.slug}
    assert client.post(JOBS, body, content_type="application/json").status_code == 403
    assert not Job.objects.exists()


@pytest.mark.parametrize("who", ["auditor", "operator"])
def test_neither_approves_a_model(who: str, project: Project, submitter: User, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(who)
    version = builders.model_version(project, submitter)
    address = f"/api/v1/models/{version.model_id}/versions/{version.number}/approve"
    answer = client.post(address, {"comment": "fine"}, content_type="application/json")
    version.refresh_from_db()
    assert (answer.status_code, version.stage) == (403, "draft")


def test_the_whole_log_is_for_auditors_and_its_check_for_both(
    auditor: Client, operator: Client, project: Project, submitter: User
) -> None:
    builders.generated(project, submitter, 1)
    whole = auditor.get("/api/v1/audit/export")
    assert (whole.status_code, whole.getvalue()[:1]) == (200, b"{")
    assert operator.get("/api/v1/audit/export").status_code == 403
    assert [one.post("/api/v1/audit/self-check").status_code for one in (auditor, operator)] == [202, 202]


def test_an_operator_pauses_a_queue_and_an_auditor_does_not(auditor: Client, operator: Client, job: Job) -> None:
    address = f"/api/v1/queues/{job.queue}/pause"
    assert auditor.post(address).status_code == 403
    assert operator.post(address).status_code == 200


def test_an_operator_sets_limits_and_not_how_long_bytes_are_kept(operator: Client, project: Project) -> None:
    address = f"/api/v1/projects/{project.pk}"
    assert operator.patch(address, {"weight": 4}, content_type="application/json").status_code == 200
    assert operator.patch(address, {"artifact_days": 1}, content_type="application/json").status_code == 403
    project.refresh_from_db()
    assert (project.weight, project.artifact_days) == (4, 0)


def test_projects_are_opened_by_superusers_alone(operator: Client, client_for: Callable[..., Client]) -> None:
    said = {"name": "fresh"}
    assert operator.post("/api/v1/projects", said, content_type="application/json").status_code == 403
    root = client_for(builders.person("root", is_superuser=True))
    assert root.post("/api/v1/projects", said, content_type="application/json").status_code == 201


def test_a_role_that_was_taken_away_holds_for_tokens_given_before(job: Job) -> None:
    ada = builders.person("ada", platform_role="auditor")
    _, secret = issue_token(ada)
    User.objects.filter(pk=ada.pk).update(platform_role="")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get(f"{JOBS}/{job.pk}").status_code == 404
