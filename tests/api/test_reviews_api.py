"""What waits for a person over REST: lists of it, decisions, flags, withdrawal."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Membership, Project, User
from audit.models import AuditEvent, Review
from jobs.models import Job, State
from jobs.policies import set_policy
from lineage.models import Artifact
from tests import builders

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def owner(project: Project) -> User:
    """Sets policies."""
    olga = builders.person("olga_owner")
    Membership.objects.create(project=project, user=olga, role="owner")
    return olga


@pytest.fixture
def held(project: Project, owner: User, submitter: User, sam: Client, offered: None) -> Job:
    """A job that waits for a release."""
    set_policy(project, "require_review", {}, actor=owner)
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan", "params": {"steps": 10}}
    answer = sam.post("/api/v1/jobs", body, content_type=JSON)
    assert answer.json()["state"] == "held"
    return Job.objects.get(pk=answer.json()["id"])


@pytest.fixture
def made(project: Project, submitter: User) -> list[Artifact]:
    """Artifacts of a job of the submitter."""
    return builders.generated(project, submitter)


def status(client: Client, address: str) -> int:
    """What a download answers, read to its end."""
    answer = client.get(address)
    if answer.streaming:
        answer.getvalue()
    return answer.status_code


def decided(client: Client, decision: str, **said: Any) -> Any:
    """The answer to a decision."""
    return client.post("/api/v1/reviews", {"decision": decision, **said}, content_type=JSON)


def test_what_waits_is_listed_with_its_reason(rita: Client, held: Job) -> None:
    (row,) = rita.get("/api/v1/reviews?open=true").json()["results"]
    assert (row["subject_kind"], row["subject"], row["policy"], row["decision"]) == (
        "job", str(held.pk), "require_review", "",
    )  # fmt: skip


def test_a_decision_on_a_request_releases_the_job(rita: Client, held: Job) -> None:
    (row,) = rita.get("/api/v1/reviews?open=true").json()["results"]
    answer = decided(rita, "approve", request=row["request"])
    assert (answer.status_code, answer.json()["reviewer"]) == (201, "rita")
    held.refresh_from_db()
    assert held.state == State.QUEUED
    assert rita.get("/api/v1/reviews?open=true").json()["results"] == []
    assert decided(rita, "approve", request=row["request"]).json()["code"] == "already_decided"


def test_the_second_decision_on_a_job_is_a_conflict(rita: Client, held: Job) -> None:
    named = {"subject_kind": "job", "subject": str(held.pk)}
    assert decided(rita, "reject", comment="no", **named).status_code == 201
    answer = decided(rita, "approve", **named)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_decided")


def test_rejecting_needs_a_reason(rita: Client, held: Job) -> None:
    answer = decided(rita, "reject", subject_kind="job", subject=str(held.pk))
    assert (answer.status_code, answer.json()["field"]) == (422, "comment")


def test_own_work_is_not_decided_on(sam: Client, submitter: User, held: Job) -> None:
    Membership.objects.filter(user=submitter).update(role="reviewer")
    answer = decided(sam, "approve", subject_kind="job", subject=str(held.pk))
    assert (answer.status_code, answer.json()["code"]) == (403, "four_eyes")


def test_a_viewer_decides_nothing_and_a_stranger_sees_nothing(vera: Client, stranger: Client, held: Job) -> None:
    named = {"subject_kind": "job", "subject": str(held.pk)}
    assert decided(vera, "approve", **named).status_code == 403
    assert decided(stranger, "approve", **named).status_code == 404
    (row,) = vera.get("/api/v1/reviews?open=true").json()["results"]
    assert decided(stranger, "approve", request=row["request"]).status_code == 404
    assert stranger.get("/api/v1/reviews?open=true").json()["results"] == []


def test_a_token_needs_the_scope(client_for: Any, reviewer: User, held: Job) -> None:
    narrow = client_for(reviewer, scopes=["read", "submit"])
    assert decided(narrow, "approve", subject_kind="job", subject=str(held.pk)).json()["code"] == "scope_missing"


@pytest.mark.parametrize("said", [{}, {"subject_kind": "job"}, {"subject": "0" * 32}])
def test_a_decision_says_on_what(said: dict[str, str], rita: Client) -> None:
    answer = decided(rita, "approve", **said)
    assert (answer.status_code, answer.json()["field"]) == (422, "request")


def test_a_data_set_version_is_reviewed_without_being_asked_for(
    rita: Client, project: Project, submitter: User
) -> None:
    data = builders.dataset_version(project, submitter)
    named = {"subject_kind": "dataset_version", "subject": str(data.pk)}
    assert decided(rita, "approve", comment="declared well", **named).status_code == 201
    assert decided(rita, "approve", **named).status_code == 409
    assert decided(rita, "reject", comment="I was wrong", **named).status_code == 201
    rows = rita.get(f"/api/v1/reviews?subject={data.pk}").json()["results"]
    assert [row["decision"] for row in rows] == ["reject", "approve"]


def test_a_model_is_decided_on_the_same_way(rita: Client, project: Project, submitter: User) -> None:
    model = builders.model_version(project, submitter)
    answer = decided(rita, "approve", subject_kind="model_version", subject=str(model.pk))
    assert answer.json()["decision"] == "approve"
    model.refresh_from_db()
    assert model.stage == "approved"


def test_any_member_flags_an_artifact_and_a_reviewer_lets_it_stand(
    vera: Client, rita: Client, made: list[Artifact]
) -> None:
    place = f"/api/v1/artifacts/{made[0].pk}"
    answer = vera.post(f"{place}/flag", {"reason": "a face"}, content_type=JSON)
    assert answer.status_code == 201
    assert [flag["reason"] for flag in answer.json()["flags"]] == ["a face"]
    (row,) = rita.get("/api/v1/reviews?open=true&subject_kind=artifact").json()["results"]
    assert row["subject"] == str(made[0].pk)
    assert decided(rita, "approve", request=row["request"]).status_code == 201
    assert AuditEvent.objects.filter(verb="artifact.kept").exists()


def test_a_stranger_flags_nothing(stranger: Client, made: list[Artifact]) -> None:
    answer = stranger.post(f"/api/v1/artifacts/{made[0].pk}/flag", {"reason": "x"}, content_type=JSON)
    assert answer.status_code == 404


def test_a_withdrawn_artifact_is_gone_for_all_but_reviewers(sam: Client, rita: Client, made: list[Artifact]) -> None:
    place = f"/api/v1/artifacts/{made[0].pk}"
    assert status(sam, f"{place}/content") == 200
    answer = rita.post(f"{place}/withdraw", {"comment": "shows a person"}, content_type=JSON)
    assert (answer.status_code, answer.json()["stage"]) == (200, "withdrawn")
    gone = sam.get(f"{place}/content")
    assert (gone.status_code, gone.json()["code"]) == (410, "withdrawn")
    assert "shows a person" in gone.json()["detail"]
    assert status(rita, f"{place}/content") == 200
    assert sam.get(place).json()["withdrawn"]["because"] == "shows a person"
    assert rita.post(f"{place}/withdraw", {"comment": "again"}, content_type=JSON).status_code == 409


def test_what_holds_all_artifacts_of_a_job_is_gone_too(sam: Client, rita: Client, made: list[Artifact]) -> None:
    from catalog.store import blobs, namespace

    job = made[0].job
    sheet = blobs().put(namespace(job.project), builders.png(9))
    Job.objects.filter(pk=job.pk).update(result={"sheet_sha256": sheet, "archive_sha256": sheet})
    rita.post(f"/api/v1/artifacts/{made[0].pk}/withdraw", {"comment": "no"}, content_type=JSON)
    for what in ("archive", "sheet"):
        assert sam.get(f"/api/v1/jobs/{job.pk}/{what}").json()["code"] == "withdrawn"
        assert status(rita, f"/api/v1/jobs/{job.pk}/{what}") == 200
    assert status(sam, f"/api/v1/artifacts/{made[1].pk}/content") == 200


def test_a_submitter_and_a_viewer_withdraw_nothing(sam: Client, vera: Client, made: list[Artifact]) -> None:
    for client in (sam, vera):
        answer = client.post(f"/api/v1/artifacts/{made[0].pk}/withdraw", {"comment": "no"}, content_type=JSON)
        assert answer.status_code == 403
    assert not Review.objects.exists()
