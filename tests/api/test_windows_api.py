"""Windows and recurring jobs over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Project, User
from audit.models import AuditEvent
from jobs.models import Job
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offered")]
NIGHT = {"days": ["mon", "tue"], "from": "22:00", "to": "06:00"}
CLOSED = {"date": "2026-12-22", "hours": [], "note": "closed"}
WINDOW = {"name": "night", "timezone": "Europe/Berlin", "hours": [NIGHT], "exceptions": [CLOSED]}
WHEN = {"timezone": "UTC", "days": ["sun"], "at": "02:00"}


def ask(client: Client, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")
    return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def window(sam: Client) -> dict[str, Any]:
    """A window of two nights."""
    status, said = ask(sam, "post", "windows", WINDOW)
    assert status == 201, said
    return said


@pytest.fixture
def weekly(sam: Client, project: Project, submitter: User) -> dict[str, Any]:
    """A training each Sunday."""
    builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": "latest:digits"}
    status, said = ask(sam, "post", "schedules", {"name": "retrain", "body": body, **WHEN})
    assert status == 201, said
    return said


def test_a_window_says_its_hours_and_when_it_opens(sam, window):
    status, said = ask(sam, "get", f"windows/{window['id']}")
    assert (status, said) == (200, window)
    assert (said["hours"], said["exceptions"], said["created_by"]) == ([NIGHT], [CLOSED], "sam")
    assert said["open"] is (said["opens_at"] is None)


def test_windows_are_listed_for_members_alone(sam, stranger, window):
    assert [one["name"] for one in ask(sam, "get", "windows?project=studio")[1]["results"]] == ["night"]
    assert ask(stranger, "get", "windows")[1]["results"] == []
    assert ask(stranger, "get", f"windows/{window['id']}")[0] == 404


def test_a_window_is_changed_and_taken_away(sam, window):
    path = f"windows/{window['id']}"
    status, said = ask(sam, "patch", path, {"timezone": "UTC", "exceptions": []})
    assert (status, said["timezone"], said["exceptions"], said["hours"]) == (200, "UTC", [], [NIGHT])
    assert ask(sam, "delete", path) == (204, None)
    assert ask(sam, "get", path)[0] == 404
    verbs = list(AuditEvent.objects.filter(subject_kind="window").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["window.created", "window.changed", "window.deleted"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"hours": []}, "no_opening_hours", "hours"),
        ({"timezone": "Nowhere"}, "unknown_zone", "timezone"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"exceptions": [CLOSED, CLOSED]}, "overlapping_exception", "exceptions[1]"),
        ({"exceptions": {"2026-12-22": []}}, "invalid_input", "exceptions"),
        ({"name": None}, "invalid_input", "name"),
        ({"project": "elsewhere"}, "not_found", "project"),
    ],
)
def test_a_wrong_window_is_a_problem_with_a_place(sam, change, code, field):
    status, said = ask(sam, "post", "windows", WINDOW | change)
    assert (status, said["code"], said["field"]) == (404 if code == "not_found" else 422, code, field)


def test_a_viewer_makes_neither_windows_nor_recurring_jobs(vera, window, weekly):
    assert ask(vera, "post", "windows", WINDOW | {"name": "mine"})[0] == 403
    assert ask(vera, "delete", f"windows/{window['id']}")[0] == 403
    assert ask(vera, "patch", f"schedules/{weekly['id']}", {"at": "03:00"})[0] == 403
    assert ask(vera, "post", f"schedules/{weekly['id']}/run")[0] == 403


def test_a_job_names_its_window_and_is_found_by_it(sam, window, weekly):
    body = weekly["body"]
    status, bound = ask(sam, "post", "jobs", body | {"window": "night"})
    assert (status, bound["window"], bound["warnings"]) == (202, "night", [])
    assert ask(sam, "post", "jobs", body)[1]["window"] is None
    for said in ("night", window["id"]):
        assert [one["id"] for one in ask(sam, "get", f"jobs?window={said}")[1]["results"]] == [bound["id"]]
    status, said = ask(sam, "delete", f"windows/{window['id']}")
    assert (status, said["code"], said["job"]) == (409, "window_in_use", bound["id"])


def test_a_job_in_a_window_that_is_not_there_is_refused_with_those_there_are(sam, window, weekly):
    status, said = ask(sam, "post", "jobs", weekly["body"] | {"window": "nihgt"})
    assert (status, said["code"], said["field"], said["expected"]) == (404, "not_found", "window", ["night"])


def test_what_was_doubtful_stands_in_the_body(sam, project, submitter, weekly):
    warned = {"warnings": [{"code": "late_checkpoint", "detail": "It comes late."}]}
    job = builders.job(project, submitter, forecast=warned)
    assert ask(sam, "get", f"jobs/{job.pk}")[1]["warnings"] == warned["warnings"]


def test_a_recurring_job_says_when_it_is_due(sam, weekly):
    assert ask(sam, "get", f"schedules/{weekly['id']}") == (200, weekly)
    assert (weekly["active"], weekly["owner"], weekly["last_error"]) == (True, "sam", None)
    assert weekly["next_due"].endswith("T02:00:00Z")


def test_a_recurring_job_is_run_now_beside_its_times(sam, weekly):
    status, job = ask(sam, "post", f"schedules/{weekly['id']}/run")
    assert (status, job["schedule"], job["due_at"]) == (202, weekly["id"], None)
    assert ask(sam, "get", f"schedules/{weekly['id']}")[1] == weekly
    assert [one["id"] for one in ask(sam, "get", f"jobs?schedule={weekly['id']}")[1]["results"]] == [job["id"]]


def test_a_recurring_job_rests_goes_on_is_changed_and_taken_away(sam, rita, weekly):
    path = f"schedules/{weekly['id']}"
    assert ask(sam, "post", f"{path}/pause")[1] | {"active": True, "next_due": weekly["next_due"]} == weekly
    assert ask(sam, "post", f"{path}/resume")[1] == weekly
    status, changed = ask(rita, "patch", path, {"at": "03:00"})
    assert (status, changed["at"], changed["owner"]) == (200, "03:00", "rita")
    assert ask(sam, "delete", path) == (204, None)
    assert Job.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"body": {"kind": "train", "family": "dcgan"}}, "invalid_input", "body.dataset_version"),
        ({"days": ["Sunday"]}, "unknown_day", "days"),
        ({"at": "25:00"}, "invalid_time", "at"),
        ({"body": "train"}, "invalid_input", "body"),
        ({"every": "week"}, "unknown_field", "every"),
    ],
)
def test_a_wrong_recurring_job_is_a_problem_with_a_place(sam, weekly, change, code, field):
    status, said = ask(sam, "post", "schedules", {"name": "other", "body": weekly["body"], **WHEN} | change)
    assert (status, said["code"], said["field"]) == (422, code, field)
