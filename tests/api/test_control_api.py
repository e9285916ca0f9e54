"""Priority, place, many jobs, queues and the digest over REST."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from jobs import presence
from jobs.models import Job, State
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.fixture
def root(client_for: Callable[..., Client]) -> Client:
    """An operator's client."""
    return client_for(builders.person("root", is_superuser=True))


def test_the_priority_of_a_waiting_job_is_patched(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    answer = sam.patch(f"/api/v1/jobs/{job.pk}", {"priority": 12}, **JSON)
    assert (answer.status_code, answer.json()["priority"]) == (200, 12)


def test_a_priority_too_late_is_a_conflict_that_names_the_state(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, state=State.RUNNING)
    answer = sam.patch(f"/api/v1/jobs/{job.pk}", {"priority": 12}, **JSON)
    assert (answer.status_code, answer.json()["code"], answer.json()["got"]) == (409, "illegal_transition", "running")


@pytest.mark.parametrize("body", [{"priority": 101}, {"priority": "x"}, {}, {"state": "succeeded"}])
def test_a_patch_that_says_something_else_is_refused(body, sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    assert sam.patch(f"/api/v1/jobs/{job.pk}", body, **JSON).status_code == 422


def test_a_job_moves_before_another(sam: Client, project: Project, submitter: User) -> None:
    presence.here("w1", ["train.cpu"])
    first, second = builders.job(project, submitter), builders.job(project, submitter)
    answer = sam.post(f"/api/v1/jobs/{second.pk}/move", {"before": str(first.pk)}, **JSON)
    assert (answer.status_code, answer.json()["waiting"]["ahead"]) == (200, 0)
    assert sam.get(f"/api/v1/jobs/{first.pk}").json()["waiting"]["reason"] == "waits behind one other"


@pytest.mark.parametrize("body", [{}, {"to": "middle"}, {"to": "front", "before": "0" * 32}])
def test_a_move_says_one_place(body, sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    assert sam.post(f"/api/v1/jobs/{job.pk}/move", body, **JSON).status_code == 422


def test_many_jobs_are_cancelled_by_filter(sam: Client, project: Project, submitter: User) -> None:
    waiting = [builders.job(project, submitter) for _ in range(3)]
    other = builders.job(builders.project("other", owner=builders.person("olga")), submitter)
    answer = sam.post("/api/v1/jobs/bulk", {"action": "cancel", "filter": {"state": ["queued"]}}, **JSON).json()
    assert {(one["id"], one["done"]) for one in answer["results"]} == {(str(job.pk), True) for job in waiting}
    assert Job.objects.get(pk=other.pk).state == State.QUEUED


def test_each_of_many_answers_for_itself(sam: Client, project: Project, submitter: User) -> None:
    paused, over = (builders.job(project, submitter, state=state) for state in (State.PAUSED, State.SUCCEEDED))
    ids = [str(paused.pk), str(over.pk), "0" * 8 + "-0000-4000-8000-" + "0" * 12]
    found = sam.post("/api/v1/jobs/bulk", {"action": "resume", "ids": ids}, **JSON).json()["results"]
    assert [(one["done"], one["code"], one["state"]) for one in found] == [
        (True, "", "queued"), (False, "illegal_transition", "succeeded"), (False, "not_found", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [{"action": "cancel"}, {"action": "eat", "ids": []}, {"action": "priority", "ids": []}, {"ids": []},
     {"action": "cancel", "filter": {"colour": "red"}}, {"action": "cancel", "filter": {}}],
)  # fmt: skip
def test_a_request_for_many_that_is_none_is_refused(body, sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    assert sam.post("/api/v1/jobs/bulk", body, **JSON).status_code == 422
    assert Job.objects.get(pk=job.pk).state == State.QUEUED


def test_a_viewer_is_refused_for_each_job(vera: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    found = vera.post("/api/v1/jobs/bulk", {"action": "cancel", "ids": [str(job.pk)]}, **JSON).json()["results"][0]
    assert (found["done"], found["code"], found["state"]) == (False, "forbidden", "queued")


def test_an_operator_pauses_a_queue_and_everybody_sees_it(
    root: Client, sam: Client, project: Project, submitter: User
) -> None:
    job = builders.job(project, submitter)
    answer = root.post("/api/v1/queues/train.cpu/pause", {"reason": "new disk"}, **JSON)
    assert answer.json()["paused"]["reason"] == "new disk"
    assert sam.get("/api/v1/queues").json()["results"][0]["paused"]["by"] == "root"
    listed = sam.get("/api/v1/jobs").json()["results"][0]["waiting"]
    assert listed["reason"] == "queue train.cpu is paused by root: new disk"
    assert sam.get(f"/api/v1/jobs/{job.pk}").json()["waiting"]["unknown"] == "the queue is paused"
    assert root.post("/api/v1/queues/train.cpu/resume").json()["paused"] is None


def test_others_pause_no_queue(sam: Client, project: Project, submitter: User) -> None:
    builders.job(project, submitter)
    assert sam.post("/api/v1/queues/train.cpu/pause").status_code == 403


def test_pausing_takes_a_token_for_it(project: Project, submitter: User, client_for: Callable[..., Client]) -> None:
    builders.job(project, submitter)
    root = client_for(builders.person("root", is_superuser=True), scopes=["read", "submit"])
    assert root.post("/api/v1/queues/train.cpu/pause").json()["code"] == "scope_missing"


def test_a_queue_that_nobody_knows_is_not_found(root: Client) -> None:
    assert root.post("/api/v1/queues/train.moon/pause").status_code == 404


def test_a_submission_answers_with_what_to_expect(
    sam: Client, project: Project, submitter: User, offered: None
) -> None:
    version = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(version.pk)}
    waiting = sam.post("/api/v1/jobs", body, **JSON).json()["waiting"]
    assert waiting["reason"] == "no worker listens to queue train.cpu"
    assert (waiting["ahead"], waiting["end"], waiting["unknown"]) == (None, None, "no worker listens")  # GET counts


def test_a_job_that_has_ended_waits_for_nothing(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, state=State.SUCCEEDED)
    assert sam.get(f"/api/v1/jobs/{job.pk}").json()["waiting"] is None


def test_a_list_of_waiting_jobs_costs_the_same_at_any_length(sam: Client, project: Project, submitter: User) -> None:
    costs = []
    sam.get("/api/v1/jobs")  # the first use of a token is noted
    for _ in range(2):
        for _ in range(10):
            builders.job(project, submitter)
        with CaptureQueriesContext(connection) as queries:
            sam.get("/api/v1/jobs")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_digest_is_of_ones_own_projects(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, name="mine")
    builders.job(builders.project("other", owner=builders.person("olga")), submitter, name="theirs")
    found = sam.get("/api/v1/digest").json()
    assert [one["job"]["name"] for one in found["plan"]] == ["mine"]
    assert found["plan"][0]["waiting"]["reason"] == "no worker listens to queue train.cpu"
    assert found["counts"] == {"finished": 0, "failed": 0, "running": 0, "queued": 1, "held": 0}
    assert job.name == "mine"


@pytest.mark.parametrize("query", ["from=yesterday", "from=2026-03-02T00:00Z&to=2026-03-01T00:00Z", "since=1"])
def test_a_digest_of_no_time_is_refused(query: str, sam: Client) -> None:
    assert sam.get(f"/api/v1/digest?{query}").status_code == 422
