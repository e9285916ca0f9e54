"""One body for a whole pipeline: taken all or none, each fault with its place, ids of what comes before and after."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from api.event_tail import Tail
from api.lookout import look
from audit.models import AuditEvent
from catalog import plugins
from jobs.models import Job, JobAfter, State
from jobs.transitions import move
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("measured")]
JSON = {"content_type": "application/json"}
ROLES = {
    "model": builders.role("model_version"),
    "data": builders.role("dataset_version") | {"required": False},
}
EVALUATE = builders.plugin(
    "kind", "evaluate", {"metrics": {"type": "array", "default": []}},
    queue="generate", chooses_family=False, produces="figures", roles=ROLES,
)  # fmt: skip


@pytest.fixture
def measured(offered: None) -> None:
    """A worker that evaluates, too."""
    plugins.announce("measuring worker", [EVALUATE])


@pytest.fixture
def body(project: Project, submitter: User) -> dict[str, Any]:
    """Train, then evaluate and generate."""
    data = builders.dataset_version(project, submitter)
    then = [{"kind": "evaluate"}, {"kind": "generate", "count": 3, "purpose": "a study"}]
    return {"kind": "train", "dataset_version": str(data.pk), "family": "dcgan", "name": "digits", "then": then}


def learned(job: Job) -> str:
    """As a worker ends a training; the id of the version."""
    version = builders.model_version(job.project, job.submitted_by, job=job)
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING)
    move(job.pk, State.SUCCEEDED, actor="worker test", result={"model_version": str(version.pk)})
    return str(version.pk)


def test_one_body_sends_a_whole_pipeline(sam: Client, body: dict[str, Any]) -> None:
    answer = sam.post("/api/v1/jobs", body, **JSON)
    said = answer.json()
    children = [sam.get(f"/api/v1/jobs/{one}").json() for one in said["then"]]
    assert (answer.status_code, said["kind"], said["state"], said["after"]) == (202, "train", "queued", [])
    assert [child["kind"] for child in children] == ["evaluate", "generate"]
    for child in children:
        assert (child["after"], child["then"], child["state"]) == ([said["id"]], [], "held")
        assert child["state_reason"] == "waits for job digits"
        assert child["inputs"]["model"] == f"job:{said['id']}"
    assert children[0]["inputs"]["data"] == body["dataset_version"]
    assert children[1]["params"] == {"count": 3}


def test_what_the_training_made_is_what_follows_works_on(sam: Client, body: dict[str, Any]) -> None:
    said = sam.post("/api/v1/jobs", body, **JSON).json()
    version = learned(Job.objects.get(pk=said["id"]))
    for one in said["then"]:
        child = sam.get(f"/api/v1/jobs/{one}").json()
        assert (child["state"], child["inputs"]["model"]) == ("queued", version)


def test_a_grandchild_takes_what_the_nearest_job_before_it_made(sam: Client, body: dict[str, Any]) -> None:
    first, second = body["then"]
    said = sam.post("/api/v1/jobs", body | {"then": [first | {"then": [second]}]}, **JSON).json()
    last = Job.objects.get(kind="generate")
    assert set(last.comes_after.values_list("earlier__kind", flat=True)) == {"train", "evaluate"}
    assert str(last.inputs.get().from_job_id) == said["id"]


def test_a_failed_training_cancels_what_comes_then_and_says_why(sam: Client, body: dict[str, Any]) -> None:
    said = sam.post("/api/v1/jobs", body, **JSON).json()
    Job.objects.filter(pk=said["id"]).update(state=State.RUNNING)
    move(said["id"], State.FAILED, actor="worker test", reason="out of memory at batch 64")
    for one in said["then"]:
        child = sam.get(f"/api/v1/jobs/{one}").json()
        reason = "digits failed: out of memory at batch 64"
        assert (child["state"], child["state_reason"]) == ("cancelled", reason)
        assert child["error"] == {"code": "earlier_job_ended", "detail": reason, "job": said["id"]}


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"kind": "generate", "params": {"count": 0}}, "invalid_parameter", "then[1].params.count"),
        ({"kind": "generate", "count": "many"}, "invalid_parameter", "then[1].params.count"),
        ({"kind": "dance"}, "unknown_kind", "then[1].kind"),
        ({"kind": "verify"}, "invalid_input", "then[1].kind"),
        ({}, "invalid_input", "then[1].kind"),
        ({"kind": "generate", "colour": 1}, "unknown_field", "then[1].colour"),
        ({"kind": "train", "family": "dcgan"}, "invalid_input", "then[1].dataset_version"),
        ({"kind": "generate", "model_version": "nobody@1"}, "not_found", "then[1].model_version"),
        ({"kind": "generate", "after": ["x"]}, "not_found", "then[1].after[0]"),
        ({"kind": "evaluate", "then": [{"kind": "x"}]}, "unknown_kind", "then[1].then[0].kind"),
    ],
)
def test_a_fault_in_what_comes_then_is_placed_and_nothing_is_kept(
    wrong: dict[str, Any], code: str, field: str, sam: Client, body: dict[str, Any]
) -> None:
    answer = sam.post("/api/v1/jobs", body | {"then": [body["then"][0], wrong]}, **JSON)
    assert (answer.json()["code"], answer.json()["field"]) == (code, field)
    assert not Job.objects.exists()


def test_a_refusal_at_the_last_moment_keeps_nothing_either(
    sam: Client, body: dict[str, Any], project: Project, submitter: User
) -> None:
    revoked = builders.model_version(project, submitter, stage="revoked")
    then = [{"kind": "evaluate"}, {"kind": "generate", "model_version": str(revoked.pk)}]
    answer = sam.post("/api/v1/jobs", body | {"then": then}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "model_unusable")
    assert answer.json()["field"] == "then[1].model_version"
    assert not Job.objects.exists()
    assert not AuditEvent.objects.filter(verb="job.submitted").exists()


@pytest.mark.parametrize("then", ["x", {"kind": "evaluate"}, [1], [[]]])
def test_what_is_no_list_of_jobs_is_refused(then: Any, sam: Client, body: dict[str, Any]) -> None:
    answer = sam.post("/api/v1/jobs", body | {"then": then}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "then")


@pytest.mark.parametrize(("count", "status"), [(19, 202), (20, 422)])
def test_a_body_holds_at_most_twenty_jobs(count: int, status: int, sam: Client, body: dict[str, Any]) -> None:
    answer = sam.post("/api/v1/jobs", body | {"then": [{"kind": "evaluate"}] * count}, **JSON)
    assert answer.status_code == status


def test_a_deep_nest_counts_like_a_wide_one(sam: Client, body: dict[str, Any]) -> None:
    nest: dict[str, Any] = {"kind": "evaluate"}
    for _ in range(40):
        nest = {"kind": "evaluate", "then": [nest]}
    answer = sam.post("/api/v1/jobs", body | {"then": [nest]}, **JSON)
    assert (answer.status_code, answer.json()["got"]) == (422, 42)


def test_a_key_covers_the_whole_body(sam: Client, body: dict[str, Any]) -> None:
    key = {"headers": {"Idempotency-Key": "tonight"}}
    first = sam.post("/api/v1/jobs", body, **JSON, **key).json()
    again = sam.post("/api/v1/jobs", body, **JSON, **key).json()
    other = sam.post("/api/v1/jobs", body | {"then": body["then"][:1]}, **JSON, **key)
    assert (again["id"], again["then"], Job.objects.count()) == (first["id"], first["then"], 3)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


def test_a_key_gives_its_job_even_where_the_body_would_be_refused_by_now(
    sam: Client, body: dict[str, Any], project: Project, submitter: User
) -> None:
    earlier = builders.job(project, submitter)
    key = {"headers": {"Idempotency-Key": "tonight"}}
    first = sam.post("/api/v1/jobs", body | {"after": [str(earlier.pk)]}, **JSON, **key).json()
    move(earlier.pk, State.CANCELLED, actor="sam", reason="cancelled by sam")
    again = sam.post("/api/v1/jobs", body | {"after": [str(earlier.pk)]}, **JSON, **key).json()
    assert (again["id"], again["state"]) == (first["id"], "cancelled")


def test_a_list_costs_the_same_however_many_jobs_hang_together(
    sam: Client, body: dict[str, Any], project: Project, submitter: User
) -> None:
    sam.post("/api/v1/jobs", body, **JSON)
    costs = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert sam.get("/api/v1/jobs").status_code == 200
        costs.append(len(queries))
        jobs = [builders.job(project, submitter) for _ in range(9)]
        JobAfter.objects.bulk_create(JobAfter(job=later, earlier=jobs[0]) for later in jobs[1:])
    assert costs[0] == costs[1]


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_job_that_waits_for_another_is_waiting(project: Project, submitter: User) -> None:
    earlier, later = builders.job(project, submitter), builders.job(project, submitter, state=State.HELD)
    JobAfter.objects.create(job=later, earlier=earlier)
    tail = Tail()
    assert look({later.pk}, (), tail)[0] == set()
    Job.objects.filter(pk=earlier.pk).update(state=State.SUCCEEDED)  # held for a person by now
    assert look({later.pk}, (), tail)[0] == {later.pk}


def test_a_job_that_waits_for_its_model_has_no_manifest_yet(sam: Client, body: dict[str, Any]) -> None:
    said = sam.post("/api/v1/jobs", body, **JSON).json()
    assert sam.get(f"/api/v1/jobs/{said['then'][1]}/manifest").status_code == 404


def test_the_document_of_the_api_tells_of_pipelines(sam: Client) -> None:
    schema = sam.get("/api/schema/?format=json").json()["components"]["schemas"]
    assert {"after", "then"} <= set(schema["JobRequest"]["properties"]) & set(schema["Job"]["properties"])
