"""What clumsy and hostile clients send to windows, recurring jobs, queues, limits and the digest."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from jobs.models import Job, State
from tests import builders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
JSON = {"content_type": "application/json"}
NIGHT = {"days": ["mon"], "from": "22:00", "to": "06:00"}
WINDOW: dict[str, Any] = {"name": "night", "timezone": "Europe/Berlin", "hours": [NIGHT]}
BODY = {"kind": "train", "family": "dcgan", "dataset_version": "latest:digits"}
WEEKLY: dict[str, Any] = {"name": "retrain", "body": BODY, "timezone": "UTC", "days": ["sun"], "at": "02:00"}
HALF, NUL = "\\ud800", "\\u0000"  # as JSON escapes them


def raw(said: str) -> dict[str, Any]:
    return {"data": said, **JSON}


@pytest.fixture
def root(client_for) -> Client:
    """An operator's client."""
    return client_for(builders.person("root", is_superuser=True))


@pytest.fixture
def data(project: Project, submitter: User) -> None:
    """A data set that can be trained on."""
    builders.dataset_version(project, submitter)


@pytest.mark.parametrize("exceptions", [True, False, 0, 7, "", "2026-12-24", {}, {"date": "2026-12-24"}])
def test_exceptions_that_are_no_list_are_refused(exceptions, sam: Client) -> None:
    answer = sam.post("/api/v1/windows", WINDOW | {"exceptions": exceptions}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "exceptions")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"date": "0001-01-01"}, "date"), ({"date": "9999-12-31"}, "date"), ({"date": 7}, "date"),
        ({"hours": 0}, "hours"), ({"hours": False}, "hours"), ({"hours": ""}, "hours"), ({"hours": {}}, "hours"),
        ({"note": 0}, "note"), ({"note": []}, "note"),
    ],
)  # fmt: skip
def test_a_wrong_exception_is_refused_with_its_place(wrong, field, sam: Client) -> None:
    exception = {"date": "2026-12-24", "hours": []} | wrong
    answer = sam.post("/api/v1/windows", WINDOW | {"exceptions": [exception]}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, f"exceptions[0].{field}")


@pytest.mark.parametrize("name", ["a\rb", "a\nb", "a\u2028b", "a\x1bb", " ", "n" * 65, 7])
def test_a_window_is_called_something_on_one_line(name, sam: Client) -> None:
    answer = sam.post("/api/v1/windows", WINDOW | {"name": name}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "name")


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\u2028- b failed", "a\x00b"])
def test_a_job_is_called_something_on_one_line(name, sam: Client, data: None) -> None:
    answer = sam.post("/api/v1/jobs", BODY | {"name": name}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "name")


@pytest.mark.parametrize("said", [0, 7, False, [], {}, ["studio"]])
def test_a_project_that_is_no_name_is_not_taken_for_the_own_one(said, sam: Client, data: None) -> None:
    for path, body in (("windows", WINDOW), ("jobs", BODY)):
        answer = sam.post(f"/api/v1/{path}", body | {"project": said}, **JSON)
        assert answer.status_code in (404, 422), path
        assert answer.json()["field"] == "project"
    answer = sam.post("/api/v1/schedules", WEEKLY | {"body": BODY | {"project": said}}, **JSON)
    assert (answer.status_code in (404, 422), answer.json()["field"]) == (True, "body.project")


@pytest.mark.parametrize("character", [HALF, NUL])
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("jobs", '{"kind": "train", "name": "x%s"}', "name"),
        ("jobs", '{"kind": "train", "project": "x%s"}', "project"),
        ("jobs", '{"kind": "train", "then": [{"params": {"a": ["x%s"]}}]}', "then[0].params.a[0]"),
        ("schedules", '{"name": "n", "body": {"purpose": "x%s"}}', "body.purpose"),
        ("schedules", '{"name": "n", "body": {"project": "x%s"}}', "body.project"),
        ("windows", '{"name": "n", "exceptions": [{"note": "x%s"}]}', "exceptions[0].note"),
        ("windows", '{"name": "n", "hours": [{"x%s": 1}]}', "hours[0]"),
        ("jobs/bulk", '{"action": "cancel", "filter": {"window": "x%s"}}', "filter.window"),
    ],
)
def test_text_that_no_database_takes_is_refused_with_its_place(path, body, field, character, sam: Client) -> None:
    answer = sam.post(f"/api/v1/{path}", **raw(body % character))
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["expected"]


@pytest.mark.parametrize("asked", [{"state": []}, {"state": {}}, {"state": [], "kind": "train"}])
def test_a_filter_of_no_states_does_not_mean_all_jobs(asked, sam: Client, project: Project, submitter: User) -> None:
    job = builders.job(project, submitter)
    answer = sam.post("/api/v1/jobs/bulk", {"action": "cancel", "filter": asked}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "filter.state")
    job.refresh_from_db()
    assert job.state == State.QUEUED


@pytest.mark.parametrize("name", ["max_running", "max_storage_bytes", "max_device_hours", "weight"])
@pytest.mark.parametrize("value", [10**400, -(10**400), -1, 2**63, "NaN", "Infinity", True])
def test_a_limit_that_no_database_holds_is_refused(name, value, root: Client, project: Project) -> None:
    answer = root.patch(f"/api/v1/projects/{project.pk}", {name: value}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, name)


@pytest.mark.parametrize("what", ["pause", "resume"])
def test_a_queue_whose_name_cannot_be_stored_is_refused(what, root: Client) -> None:
    assert root.post(f"/api/v1/queues/%00/{what}").status_code in (404, 422)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("to=0001-01-01T00:00:00Z", "to"), ("to=0001-01-02T00:00:00Z", "to"),
        ("from=0001-01-01T00:00:00Z&to=0001-01-05T00:00:00Z", "from"), ("from=9999-12-31T23:59:59Z", "from"),
        ("from=1926-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "from"),
    ],
)  # fmt: skip
def test_a_digest_of_a_strange_time_is_refused(query, field, sam: Client) -> None:
    answer = sam.get(f"/api/v1/digest?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_many_ids_of_others_look_like_ids_of_nothing(stranger: Client, project: Project, submitter: User) -> None:
    theirs = builders.job(project, submitter)
    nothing = "00000000-0000-7000-8000-000000000000"
    answer = stranger.post("/api/v1/jobs/bulk", {"action": "cancel", "ids": [str(theirs.pk), nothing]}, **JSON)
    said = [{**one, "id": ""} for one in answer.json()["results"]]
    assert (answer.status_code, said[0]) == (200, said[1])
    assert Job.objects.get(pk=theirs.pk).state == State.QUEUED


def test_a_job_moves_next_to_none_of_others(sam: Client, project: Project, submitter: User) -> None:
    olga = builders.person("olga")
    theirs, mine = builders.job(builders.project("elsewhere", owner=olga), olga), builders.job(project, submitter)
    answer = sam.post(f"/api/v1/jobs/{mine.pk}/move", {"before": str(theirs.pk)}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (404, "before")


def test_a_thousand_and_one_ids_are_refused(sam: Client) -> None:
    ids = [f"00000000-0000-7000-8000-{number:012}" for number in range(1001)]
    answer = sam.post("/api/v1/jobs/bulk", {"action": "cancel", "ids": ids}, **JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "ids")
