"""The same request twice at once: it is done once, and both are answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.models import ApiToken, Project, User
from api import idempotency
from api.models import KeptAnswer
from api.sweeper import Sweeper
from api.views import windows
from catalog.models import DatasetVersion
from config import clock
from jobs.models import Job, Window
from tests import builders
from tests.jobs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("offered")]
HOURS = [{"days": ["mon"], "from": "22:00", "to": "06:00"}]
WINDOW = {"name": "night", "timezone": "UTC", "hours": HOURS}
ROUNDS = 5


def post(client: Client, path: str, body: Any, key: str, how: str = "json") -> Any:
    """Send it under a key."""
    kind = {"json": {"content_type": "application/json"}, "form": {}}[how]
    return client.post(f"/api/v1/{path}", body, headers={"Idempotency-Key": key}, **kind)


def both(*deeds: Callable[[], Any]) -> list[Any]:
    """The answers of requests that are sent at once."""
    answers: list[Any] = []
    assert at_once(*[lambda deed=deed: answers.append(deed()) for deed in deeds]) == []
    return answers


@pytest.fixture(autouse=True)
def _warm(sam: Client) -> None:
    """What is loaded at a first request is loaded by one thread."""
    sam.get("/api/v1/tokens")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """A first call that has begun, and does not go on before it is let go."""
    began, go, make = threading.Event(), threading.Event(), windows.create_window

    def slowly(*args: Any, **said: Any) -> Any:
        began.set()
        assert go.wait(30)
        return make(*args, **said)

    monkeypatch.setattr(windows, "create_window", slowly)
    return began, go


def test_two_at_once_are_done_once_and_answered_alike(sam: Client) -> None:
    for number in range(ROUNDS):
        body = {"name": f"robot {number}"}
        answers = both(*[lambda body=body, number=number: post(sam, "tokens", body, f"k{number}")] * 2)
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content
        assert sorted("Idempotency-Replayed" in answer for answer in answers) == [False, True]
        assert ApiToken.objects.filter(name=body["name"]).count() == 1


def test_of_two_bodies_at_once_one_is_refused(sam: Client) -> None:
    for number in range(ROUNDS):
        names = f"one {number}", f"two {number}"
        answers = both(*[lambda name=name, n=number: post(sam, "tokens", {"name": name}, f"k{n}") for name in names])
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert ApiToken.objects.filter(name__in=names).count() == 1


def test_two_people_at_once_do_not_meet(sam: Client, rita: Client) -> None:
    answers = both(lambda: post(sam, "tokens", {"name": "s"}, "k"), lambda: post(rita, "tokens", {"name": "r"}, "k"))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["token"] != answers[1].json()["token"]


def test_a_repeat_waits_for_the_first_call(sam: Client, held: tuple[threading.Event, threading.Event]) -> None:
    began, go = held
    answers: list[Any] = []
    first = threading.Thread(target=lambda: (answers.append(post(sam, "windows", WINDOW, "k")), connection.close()))
    first.start()
    assert began.wait(30)
    threading.Timer(0.1, go.set).start()
    again = post(sam, "windows", WINDOW, "k")
    first.join(30)
    assert (again.status_code, again.content) == (201, answers[0].content)
    assert Window.objects.count() == 1


def test_a_repeat_of_what_still_runs_is_told_when_to_come_again(
    sam: Client, held: tuple[threading.Event, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAITS", "20ms")
    began, go = held
    first = threading.Thread(target=lambda: (post(sam, "windows", WINDOW, "k"), connection.close()))
    first.start()
    assert began.wait(30)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20")
    again = post(sam, "windows", WINDOW, "k")
    go.set()
    first.join(30)
    told = {"postgresql": (409, "idempotency_in_progress"), "sqlite": (503, "database_busy")}[connection.vendor]
    assert (again.status_code, again.json()["code"]) == told
    assert int(again["Retry-After"]) > 0
    connection.close()
    assert post(sam, "windows", WINDOW, "k")["Idempotency-Replayed"] == "true"


def test_a_repeat_does_it_where_the_first_call_came_to_nothing(
    sam: Client, held: tuple[threading.Event, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    began, go = held
    slowly = windows.create_window
    failing = iter([True])

    def fails_once(*args: Any, **said: Any) -> Any:
        made = slowly(*args, **said)
        if next(failing, False):
            raise RuntimeError
        return made

    monkeypatch.setattr(windows, "create_window", fails_once)
    answers: list[Any] = []
    first = threading.Thread(target=lambda: (answers.append(post(sam, "windows", WINDOW, "k")), connection.close()))
    first.start()
    assert began.wait(30)
    go.set()
    again = post(sam, "windows", WINDOW, "k")
    first.join(30)
    assert sorted([answers[0].status_code, again.status_code]) == [201, 500]
    assert Window.objects.count() == 1


def test_two_submissions_at_once_are_one_job(sam: Client, project: Project, submitter: User) -> None:
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}
    for number in range(ROUNDS):
        answers = both(*[lambda number=number: post(sam, "jobs", body, f"k{number}")] * 2)
        assert [answer.status_code for answer in answers] == [202, 202]
        assert len({answer.json()["id"] for answer in answers}) == 1
    assert Job.objects.count() == ROUNDS


def test_two_uploads_at_once_are_one_version(sam: Client, project: Project, submitter: User) -> None:
    data = builders.dataset(project, submitter)

    def bring() -> Any:
        file = SimpleUploadedFile("a.png", builders.png(7))
        return post(sam, f"datasets/{data.pk}/versions", {"file": file, "options": "{}"}, "k", how="form")

    answers = both(bring, bring)
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (DatasetVersion.objects.count(), Job.objects.count()) == (1, 1)


def test_an_upload_with_another_file_under_the_same_key_is_refused(
    sam: Client, project: Project, submitter: User
) -> None:
    place = f"datasets/{builders.dataset(project, submitter).pk}/versions"
    first, same, other = (
        post(sam, place, {"file": SimpleUploadedFile("a.png", builders.png(shade))}, "k", how="form")
        for shade in (1, 1, 2)
    )
    assert (first.status_code, same.status_code, other.status_code) == (202, 202, 409)
    assert (same.json(), same["Idempotency-Replayed"]) == (first.json(), "true")


def test_a_file_to_verify_is_one_question(sam: Client) -> None:
    first, same, other = (
        post(sam, "verify", {"file": SimpleUploadedFile("a.png", builders.png(shade))}, "k", how="form")
        for shade in (1, 1, 2)
    )
    assert (first.status_code, same.status_code, other.status_code) == (202, 202, 409)
    assert first.json()["job"] == same.json()["job"]
    assert Job.objects.count() == 1


def test_two_at_once_a_day_later_are_one_job_and_another_one(sam: Client, project: Project, submitter: User) -> None:
    data = builders.dataset_version(project, submitter)
    body = {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}
    old = post(sam, "jobs", body, "k").json()["id"]
    Job.objects.update(created_at=clock.now() - timedelta(hours=24))
    answers = both(*[lambda: post(sam, "jobs", body, "k")] * 2)
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["id"] for answer in answers} | {old}) == 2
    assert Job.objects.count() == 2


def test_two_at_once_a_day_later_are_done_once_again(sam: Client) -> None:
    old = post(sam, "tokens", {"name": "robot"}, "k").json()["id"]
    KeptAnswer.objects.update(created_at=clock.now() - timedelta(hours=24))
    answers = both(*[lambda: post(sam, "tokens", {"name": "robot"}, "k")] * 2)
    assert answers[0].content == answers[1].content
    assert answers[0].json()["id"] != old
    assert ApiToken.objects.filter(name="robot").count() == 2


def test_a_web_process_sweeps_what_was_kept_long_enough(sam: Client) -> None:
    for number in range(2):
        post(sam, "tokens", {"name": "robot"}, f"k{number}")
    old = KeptAnswer.objects.earliest("pk")
    KeptAnswer.objects.filter(pk=old.pk).update(created_at=clock.now() - timedelta(hours=24))
    sweeper = Sweeper(first_after_s=0)
    sweeper.start()
    until = time.monotonic() + 20
    while KeptAnswer.objects.filter(pk=old.pk).exists():
        assert time.monotonic() < until, "it was not swept"
        time.sleep(0.01)
    sweeper.stop()
    assert not sweeper.thread.is_alive()
    assert KeptAnswer.objects.count() == 1
