"""A web process is killed in the middle of a request: what is asked again was done once, or was not done."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from jobs.models import Job, Window
from tests import builders
from tests.served import WebProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
HOURS = [{"days": ["mon"], "from": "22:00", "to": "06:00"}]
WINDOW = {"name": "night", "timezone": "UTC", "hours": HOURS}


@pytest.fixture
def dying(submitter: User, project: Project) -> Iterator[Callable[..., None]]:
    """`dying(path, body, when)`: send a request to a web process of its own, which dies of it."""
    web = WebProcess("tests.api.dying_server:application")
    web.launch()
    yield lambda *said: _send(web, issue_token(submitter)[1], *said)
    web.close()


def _send(web: WebProcess, token: str, path: str, body: Any, when: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1", "X-Dies": when}
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{web.url}/api/v1/{path}", json=body, headers=headers, timeout=60, trust_env=False)
    assert web.ended() == -signal.SIGKILL


def again(client: Client, path: str, body: Any) -> Any:
    """The same request to another process."""
    headers = {"Idempotency-Key": "k1"}
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def test_killed_between_commit_and_answer_a_repeat_gets_the_answer(sam: Client, dying: Callable[..., None]) -> None:
    dying("windows", WINDOW, "before the answer")
    made = Window.objects.get()
    answer = again(sam, "windows", WINDOW)
    assert (answer.status_code, answer["Idempotency-Replayed"]) == (201, "true")
    assert answer.json()["id"] == str(made.pk)
    assert Window.objects.count() == 1


def test_killed_before_the_commit_nothing_was_done_and_a_repeat_does_it(
    sam: Client, dying: Callable[..., None]
) -> None:
    dying("windows", WINDOW, "before the commit")
    assert Window.objects.count() == 0
    answer = again(sam, "windows", WINDOW)
    assert (answer.status_code, "Idempotency-Replayed" in answer) == (201, False)


def test_killed_before_it_answered_a_job_is_the_same_job(
    sam: Client, project: Project, submitter: User, dying: Callable[..., None]
) -> None:
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}
    dying("jobs", body, "before the answer")
    made = Job.objects.get()
    answer = again(sam, "jobs", body)
    assert (answer.status_code, answer.json()["id"], answer["Idempotency-Replayed"]) == (202, str(made.pk), "true")
    assert Job.objects.count() == 1
