"""A web process is killed in the middle of a request: what is asked again was done once, or was not done."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from jobs.models import Job, Window
from tests import builders, home

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
ROOT = Path(__file__).resolve().parents[2]
HOURS = [{"days": ["mon"], "from": "22:00", "to": "06:00"}]
WINDOW = {"name": "night", "timezone": "UTC", "hours": HOURS}


@pytest.fixture
def dying(submitter: User, project: Project) -> Iterator[Callable[..., None]]:
    """`dying(path, body, when)`: send a request to a web process of its own, which dies of it."""
    name = connection.settings_dict["NAME"]
    place = home.SERVER.url(name) if connection.vendor == "postgresql" else f"sqlite:///{name}"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        started = [sys.executable, "-m", "uvicorn", "tests.api.dying_server:application", "--app-dir", str(ROOT)]
        process = subprocess.Popen(
            [*started, "--fd", str(listening.fileno()), "--lifespan", "off", "--no-access-log"],
            env=os.environ | {"DATABASE_URL": place, "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}"},
            cwd=ROOT,
            pass_fds=[listening.fileno()],
        )
        try:
            yield lambda *said: _send(listening, process, issue_token(submitter)[1], *said)
        finally:
            process.kill()
            process.wait()


def _send(listening: socket.socket, process: Any, token: str, path: str, body: Any, when: str) -> None:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1", "X-Dies": when}
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1/{path}"
    with pytest.raises(httpx.TransportError):
        httpx.post(url, json=body, headers=headers, timeout=60, trust_env=False)
    assert process.wait(30) == -9


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
