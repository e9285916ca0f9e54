"""Jobs over REST: submit once, list at a constant cost, ask for control."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Project, User
from catalog.models import DatasetVersion, VersionState
from jobs.models import Job, JobEvent, JobInput, State
from tests import builders

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}
BODY_KEYS = {
    "id", "kind", "state", "state_reason", "attempts", "progress", "created_at", "started_at", "finished_at",
    "result", "error",
}  # fmt: skip


@pytest.fixture
def body(project: Project, submitter: User, offered: None) -> dict[str, object]:
    """A submission that is right."""
    data = builders.dataset_version(project, submitter)
    return {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk), "params": {"steps": 5}, "seed": 7}


def test_a_submission_is_accepted_with_its_place(sam: Client, body: dict[str, object]) -> None:
    answer = sam.post("/api/v1/jobs", body, **JSON)
    assert answer.status_code == 202
    assert sam.get(answer["Location"]).json()["id"] == answer.json()["id"]


def test_a_job_has_the_promised_body(sam: Client, body: dict[str, object]) -> None:
    said = sam.post("/api/v1/jobs", body, **JSON).json()
    assert said.keys() >= BODY_KEYS
    assert (said["seed"], said["result"], said["error"]) == ("7", None, None)
    assert said["progress"] == {"done": 0, "total": 0, "unit": "", "eta_s": None}


def test_a_submission_wakes_its_queue_after_the_commit(
    sam: Client, body: dict[str, object], rung: list[str], django_capture_on_commit_callbacks: Callable
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sam.post("/api/v1/jobs", body, **JSON)
    assert rung == ["train.cpu"]


def test_the_same_key_and_body_is_one_job(sam: Client, body: dict[str, object]) -> None:
    key = {"Idempotency-Key": "k1"}
    first, second = (sam.post("/api/v1/jobs", body, headers=key, **JSON).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert Job.objects.count() == 1


def test_the_same_key_with_another_body_is_a_conflict(sam: Client, body: dict[str, object]) -> None:
    key = {"Idempotency-Key": "k1"}
    sam.post("/api/v1/jobs", body, headers=key, **JSON)
    answer = sam.post("/api/v1/jobs", body | {"seed": 8}, headers=key, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")


def queries(sam: Client) -> int:
    """How many one page of jobs costs."""
    with CaptureQueriesContext(connection) as seen:
        assert sam.get("/api/v1/jobs").status_code == 200
    return len(seen)


def test_a_list_costs_the_same_at_any_length(sam: Client, project: Project, submitter: User) -> None:
    builders.job(project, submitter)
    sam.get("/api/v1/jobs")  # the token is marked as used
    few = queries(sam)
    for _ in range(30):
        builders.job(project, submitter)
    assert queries(sam) == few


def test_a_list_of_verdicts_costs_the_same_at_any_length(sam: Client, project: Project, submitter: User) -> None:
    def verified() -> None:
        made = builders.job(project, submitter, "generate")
        result = {"verdict": "ours", "evidence": [], "job": str(made.pk), "watermark": None}
        builders.job(project, submitter, "verify", state=State.SUCCEEDED, result=result)

    verified()
    sam.get("/api/v1/jobs")  # the token is marked as used
    few = queries(sam)
    for _ in range(10):
        verified()
    assert queries(sam) == few


def test_pages_hold_each_job_once(sam: Client, project: Project, submitter: User) -> None:
    made = {str(builders.job(project, submitter).pk) for _ in range(7)}
    found, page = [], "/api/v1/jobs?limit=3"
    while page:
        said = sam.get(page).json()
        found += [one["id"] for one in said["results"]]
        page = said["next"]
    assert set(found) == made
    assert found == sorted(found, reverse=True)


def test_pages_over_several_projects_go_forth_and_back(
    project: Project, submitter: User, client_for: Callable[..., Client]
) -> None:
    other = builders.project("other", viewer=submitter)
    for home in (project, other, other, project, other):
        builders.job(home, submitter)
    sam = client_for(submitter)
    pages = [sam.get("/api/v1/jobs?limit=2").json()]
    while pages[-1]["next"]:
        pages.append(sam.get(pages[-1]["next"]).json())
    back = sam.get(pages[-1]["previous"]).json()
    found = [one["id"] for page in pages for one in page["results"]]
    assert found == [str(pk) for pk in Job.objects.order_by("-pk").values_list("pk", flat=True)]
    assert back["results"] == pages[1]["results"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("kind=train", 2),
        ("state=failed", 1),
        ("state=failed,queued", 3),
        ("state=failed&state=queued", 3),
        ("project=studio", 3),
        ("created_after=2999-01-01T00:00:00Z", 0),
        ("created_before=2999-01-01T00:00:00Z", 3),
    ],
)
def test_filters(sam: Client, project: Project, submitter: User, query: str, count: int) -> None:
    builders.job(project, submitter)
    builders.job(project, submitter, state=State.FAILED)
    builders.job(project, submitter, "generate")
    assert len(sam.get(f"/api/v1/jobs?{query}").json()["results"]) == count


def test_the_model_filter_finds_makers_and_users(sam: Client, project: Project, submitter: User) -> None:
    maker, other = builders.job(project, submitter), builders.job(project, submitter)
    version = builders.model_version(project, submitter, job=maker)
    user = builders.job(project, submitter, "generate")
    JobInput.objects.create(job=user, role="model", model_version=version)
    found = {one["id"] for one in sam.get(f"/api/v1/jobs?model={version.model_id}").json()["results"]}
    assert found == {str(maker.pk), str(user.pk)}
    assert str(other.pk) not in found


@pytest.mark.parametrize(
    ("state", "verb", "after"),
    [
        (State.QUEUED, "cancel", "cancelled"),
        (State.QUEUED, "pause", "paused"),
        (State.PAUSED, "resume", "queued"),
        (State.FAILED, "retry", "queued"),
    ],
)
def test_control(sam: Client, project: Project, submitter: User, state: str, verb: str, after: str) -> None:
    job = builders.job(project, submitter, state=state)
    answer = sam.post(f"/api/v1/jobs/{job.pk}/{verb}")
    assert (answer.status_code, answer.json()["state"]) == (200, after)


def test_what_comes_too_late_is_a_conflict(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter, state=State.SUCCEEDED)
    answer = sam.post(f"/api/v1/jobs/{job.pk}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


def test_a_clone_differs_only_where_asked(sam: Client, body: dict[str, object]) -> None:
    first = sam.post("/api/v1/jobs", body, **JSON).json()
    answer = sam.post(f"/api/v1/jobs/{first['id']}/clone", {"params": {"steps": 9}}, **JSON)
    copy = answer.json()
    assert answer.status_code == 202
    assert copy["id"] != first["id"]
    assert copy["params"] == first["params"] | {"steps": 9}
    assert [copy[name] for name in ("inputs", "seed", "family")] == [
        first[name] for name in ("inputs", "seed", "family")
    ]


def test_a_failed_job_says_why(sam: Client, project: Project, submitter: User) -> None:
    facts = {"field": "file", "expected": "png", "got": "text"}
    job = builders.job(
        project, submitter, state=State.FAILED, error_code="not_a_picture", error_detail="a.png", error_facts=facts
    )
    said = sam.get(f"/api/v1/jobs/{job.pk}").json()
    assert said["error"] == {"code": "not_a_picture", "detail": "a.png"} | facts


def test_a_cancelled_ingest_fails_its_version_and_a_retry_opens_it(
    sam: Client, project: Project, submitter: User, offered: None
) -> None:
    dataset = builders.dataset(project, submitter)
    said = sam.post(f"/api/v1/datasets/{dataset.pk}/versions", {"builtin": "digits"}, **JSON).json()
    states = []
    for verb in ("cancel", "retry"):
        sam.post(f"/api/v1/jobs/{said['job']['id']}/{verb}")
        states.append(DatasetVersion.objects.get(pk=said["id"]).state)
    assert states == [VersionState.FAILED, VersionState.PENDING]


def event(job: Job, kind: str, **data: object) -> JobEvent:
    """One event of a job."""
    return JobEvent.objects.create(job=job, type=kind, at=job.created_at, data=data)


def test_events_come_in_order_and_after_what_is_known(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    made = [event(job, "log", level="info", message=str(number)) for number in range(4)]
    said = sam.get(f"/api/v1/jobs/{job.pk}/events?after={made[1].pk}").json()
    assert [one["id"] for one in said["results"]] == [made[2].pk, made[3].pk]


def test_a_step_that_was_done_twice_counts_once(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    for step, value in ((1, 9.0), (2, 8.0), (1, 7.0)):
        event(job, "metric", step=step, values={"loss": value})
    assert sam.get(f"/api/v1/jobs/{job.pk}/metrics").json()["series"] == {"loss": [[1, 7.0], [2, 8.0]]}


def test_long_curves_are_thinned_and_keep_their_ends(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    for step in range(50):
        event(job, "metric", step=step, values={"loss": float(step)})
    said = sam.get(f"/api/v1/jobs/{job.pk}/metrics?points=5").json()
    points = said["series"]["loss"]
    assert (len(points), points[0], points[-1], said["thinned"]) == (5, [0, 0.0], [49, 49.0], True)


def test_logs_are_lines(sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    event(job, "log", level="warning", message="slow disk")
    line = sam.get(f"/api/v1/jobs/{job.pk}/logs").json()["results"][0]
    assert (line["level"], line["message"]) == ("warning", "slow disk")
