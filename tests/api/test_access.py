"""Roles, scopes, and what a stranger sees: nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import ApiToken, Project, User
from catalog.store import blobs, namespace
from jobs.models import State
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def everything(project: Project, submitter: User) -> list[str]:
    """One address of each kind of thing that belongs to the project."""
    data = builders.dataset_version(project, submitter)
    artifact = builders.generated(project, submitter, count=1)[0]
    version = artifact.model_version
    archive = blobs().put(namespace(project), b"PK")
    job = artifact.job
    job.result = {"archive_sha256": archive, "sheet_sha256": archive}
    job.save(update_fields=["result"])
    look = builders.job(project, submitter, "verify", state=State.SUCCEEDED, result={"verdict": "ours"})
    model = f"/api/v1/models/{version.model_id}"
    return [
        f"/api/v1/datasets/{data.dataset_id}",
        f"/api/v1/datasets/{data.dataset_id}/versions/1",
        f"/api/v1/datasets/{data.dataset_id}/versions/1/preview",
        f"/api/v1/jobs/{job.pk}",
        *(f"/api/v1/jobs/{job.pk}/{name}" for name in ("events", "metrics", "logs", "samples", "archive", "sheet")),
        model,
        f"{model}/versions/1",
        f"{model}/versions/1/bundle",
        f"{model}/versions/1/card",
        *(f"/api/v1/artifacts/{artifact.pk}{name}" for name in ("", "/content", "/manifest", "/proof")),
        f"/api/v1/audit/proof/inclusion?event={artifact.leaf_id}",
        f"/api/v1/verify/{look.pk}",
    ]


def statuses(client: Client, places: list[str]) -> set[int]:
    """What they are answered with."""
    found = set()
    for place in places:
        answer = client.get(place)
        b"".join(answer)  # a file is closed once it was read
        found.add(answer.status_code)
    return found


def test_a_member_reads_everything(vera: Client, everything: list[str]) -> None:
    assert statuses(vera, everything) == {200}


def test_to_a_stranger_there_is_nothing(stranger: Client, everything: list[str]) -> None:
    assert statuses(stranger, everything) == {404}


@pytest.mark.parametrize("what", ["datasets", "jobs", "models", "artifacts", "reviews"])
def test_a_strangers_lists_are_empty(stranger: Client, everything: list[str], what: str) -> None:
    assert stranger.get(f"/api/v1/{what}").json()["results"] == []


def test_a_strangers_log_holds_only_what_the_stranger_did(stranger: Client, everything: list[str]) -> None:
    assert {one["actor"] for one in stranger.get("/api/v1/audit/events").json()["results"]} == {"olga"}


def test_a_viewer_submits_nothing(vera: Client, project: Project, submitter: User, offered: None) -> None:
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}
    answer = vera.post("/api/v1/jobs", body, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_viewer_cancels_nothing(vera: Client, project: Project, submitter: User) -> None:
    assert vera.post(f"/api/v1/jobs/{builders.job(project, submitter).pk}/cancel").status_code == 403


@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (["read"], "get", "/api/v1/jobs", 200),
        (["submit"], "get", "/api/v1/jobs", 403),
        (["read"], "post", "/api/v1/jobs", 403),
        (["read", "submit"], "post", "/api/v1/tokens", 403),
        (["admin"], "post", "/api/v1/tokens", 201),
        (["read", "submit", "review"], "post", "/api/v1/projects", 403),
    ],
)
def test_scopes_narrow_a_token(
    submitter: User, project: Project, client_for: Callable[..., Client], scopes: list[str], method: str, path: str,
    status: int,
) -> None:  # fmt: skip
    answer = getattr(client_for(submitter, scopes=scopes), method)(path, **(JSON if method == "post" else {}))
    assert answer.status_code == status
    assert status != 403 or answer.json()["code"] == "scope_missing"


def test_deciding_needs_the_review_scope(
    reviewer: User, submitter: User, project: Project, client_for: Callable[..., Client]
) -> None:
    version = builders.model_version(project, submitter)
    client = client_for(reviewer, scopes=["read", "submit"])
    answer = client.post(f"/api/v1/models/{version.model_id}/versions/1/approve", {}, **JSON)
    assert answer.json()["code"] == "scope_missing"


def test_a_token_gives_no_scope_that_it_does_not_have(
    submitter: User, project: Project, client_for: Callable[..., Client]
) -> None:
    narrow = client_for(submitter, scopes=["admin", "read"])
    answer = narrow.post("/api/v1/tokens", {"scopes": ["read", "submit"]}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert narrow.post("/api/v1/tokens", {}, **JSON).json()["scopes"] == ["admin", "read"]


def test_a_secret_is_shown_once_and_kept_as_its_digest(sam: Client, submitter: User) -> None:
    secret = sam.post("/api/v1/tokens", {"name": "script"}, **JSON).json()["token"]
    assert secret not in sam.get("/api/v1/tokens").content.decode()
    assert not ApiToken.objects.filter(digest=secret).exists()
    assert Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/jobs").status_code == 200


def test_a_revoked_token_is_refused(sam: Client) -> None:
    said = sam.post("/api/v1/tokens", {}, **JSON).json()
    assert sam.delete(f"/api/v1/tokens/{said['id']}").status_code == 204
    assert Client(headers={"Authorization": f"Bearer {said['token']}"}).get("/api/v1/jobs").status_code == 401


def test_a_foreign_token_cannot_be_revoked(sam: Client, stranger: Client) -> None:
    said = sam.post("/api/v1/tokens", {}, **JSON).json()
    assert stranger.delete(f"/api/v1/tokens/{said['id']}").status_code == 404


def test_only_operators_make_projects(sam: Client) -> None:
    assert sam.post("/api/v1/projects", {"name": "mine"}, **JSON).status_code == 403


def test_an_operator_makes_a_project_once(client_for: Callable[..., Client], db: None) -> None:
    root = client_for(builders.person("root", is_superuser=True))
    answers = [root.post("/api/v1/projects", {"name": "xray"}, **JSON) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[0].json()["role"] == "owner"


def test_projects_say_the_persons_role(vera: Client) -> None:
    assert [(one["name"], one["role"]) for one in vera.get("/api/v1/projects").json()["results"]] == [
        ("studio", "viewer")
    ]


def test_a_session_needs_the_csrf_token_to_write(submitter: User, project: Project) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(submitter)
    assert browser.get("/api/v1/jobs").status_code == 200
    assert browser.post("/api/v1/jobs", {}, **JSON).status_code == 403
