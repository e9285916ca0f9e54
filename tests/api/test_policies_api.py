"""Policies over REST: set and cleared by owners alone, checked against their schemas, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import AuditEvent, ProjectPolicy
from tests import builders

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def olga(project: Project, client_for: Callable[..., Client]) -> Client:
    """An owner's client."""
    owner = builders.person("olga")
    project.members.add(owner, through_defaults={"role": "owner"})
    return client_for(owner)


def place(project: Project, name: str = "") -> str:
    """Where the policies of a project are, or one of them."""
    return f"/api/v1/projects/{project.pk}/policies" + (f"/{name}" if name else "")


def put(client: Client, project: Project, name: str, **params: Any) -> Any:
    """The answer to setting a policy."""
    return client.put(place(project, name), {"params": params}, content_type=JSON)


def test_an_owner_sets_a_policy_and_everybody_in_the_project_reads_it(
    olga: Client, vera: Client, project: Project
) -> None:
    answer = put(olga, project, "cap_count", per_job=5)
    assert answer.status_code == 200
    assert answer.json()["params"] == {"per_job": 5, "per_week": 0}
    listed = vera.get(place(project)).json()["results"]
    assert [(row["name"], row["set_by"], row["moment"]) for row in listed] == [("cap_count", "olga", "submission")]


def test_each_change_is_an_event_with_what_was_before(olga: Client, project: Project) -> None:
    put(olga, project, "cap_count", per_job=5)
    put(olga, project, "cap_count", per_job=6)
    assert olga.delete(place(project, "cap_count")).status_code == 204
    rows = AuditEvent.objects.filter(verb__startswith="policy.", subject_id=str(project.pk)).order_by("at", "id")
    assert [row.verb for row in rows] == ["policy.set", "policy.set", "policy.cleared"]
    assert rows[1].detail.detail["before"] == {"per_job": 5, "per_week": 0}
    assert not ProjectPolicy.objects.exists()


@pytest.mark.parametrize("who", ["sam", "rita", "vera"])
def test_nobody_but_an_owner_sets_or_clears_one(
    who: str, request: pytest.FixtureRequest, olga: Client, project: Project
) -> None:
    put(olga, project, "cap_count")
    other = request.getfixturevalue(who)
    assert put(other, project, "cap_count", per_job=0).status_code == 403
    assert other.delete(place(project, "cap_count")).status_code == 403


def test_to_a_stranger_there_is_no_such_project(stranger: Client, project: Project) -> None:
    assert stranger.get(place(project)).status_code == 404
    assert put(stranger, project, "cap_count").status_code == 404


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"per_job": -1}, "params.per_job"),
        ({"per_job": True}, "params.per_job"),
        ({"per_jobs": 1}, "params.per_jobs"),
    ],
)
def test_wrong_parameters_are_refused_by_name(
    params: dict[str, Any], field: str, olga: Client, project: Project
) -> None:
    answer = put(olga, project, "cap_count", **params)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_there_is_no_policy_of_another_name(olga: Client, project: Project) -> None:
    assert put(olga, project, "no_such").status_code == 404
    assert olga.delete(place(project, "cap_count")).status_code == 404


def test_policies_are_plug_ins_with_a_schema(vera: Client) -> None:
    rows = {row["name"]: row for row in vera.get("/api/v1/plugins?kind=policy").json()["results"]}
    assert {"require_review", "cap_count", "licence_forbids"} <= set(rows)
    assert rows["cap_count"]["schema"]["properties"]["per_job"]["maximum"] > 0
    assert rows["near_copy_limit"]["abilities"] == {"moment": "release", "guard": "near_copy"}


@pytest.mark.usefixtures("offered")
def test_what_a_policy_refuses_is_a_422_beside_the_field(
    olga: Client, sam: Client, project: Project, submitter: User
) -> None:
    put(olga, project, "cap_count", per_job=5)
    put(olga, project, "require_purpose")
    model = builders.model_version(project, submitter)
    body = {"kind": "generate", "model_version": str(model.pk), "count": 6, "purpose": "for the test set"}
    answer = sam.post("/api/v1/jobs", body, content_type=JSON)
    said = answer.json()
    assert (answer.status_code, said["code"], said["field"], said["policy"], said["got"]) == (
        422, "policy_refuses", "params.count", "cap_count", 6,
    )  # fmt: skip
    answer = sam.post("/api/v1/jobs", body | {"count": 5, "purpose": "tests"}, content_type=JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "purpose")
    assert sam.post("/api/v1/jobs", body | {"count": 5}, content_type=JSON).status_code == 202
