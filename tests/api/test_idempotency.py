"""A POST under an Idempotency-Key is done once for a day, whoever asks again and however the answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken, Project, User
from api.idempotency import forget_old
from api.models import KeptAnswer
from config import clock
from jobs.models import Job, Window
from tests import builders

pytestmark = pytest.mark.django_db
HOURS = [{"days": ["mon"], "from": "22:00", "to": "06:00"}]
WINDOW = {"name": "night", "timezone": "UTC", "hours": HOURS}
KEY = "7c1b9c2e-first"


def send(client: Client, body: object = WINDOW, key: str | None = KEY, path: str = "windows"):
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time go by."""
    now = clock.now

    def go(by: timedelta) -> None:
        monkeypatch.setattr(clock, "now", lambda: now() + by)

    return go


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(sam: Client) -> None:
    first, again = send(sam), send(sam)
    assert (again.status_code, again.content, again["Location"]) == (201, first.content, first["Location"])
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert Window.objects.count() == 1


def test_another_body_under_the_same_key_is_refused(sam: Client) -> None:
    send(sam)
    answer = send(sam, WINDOW | {"name": "day"})
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert Window.objects.count() == 1


def test_another_path_under_the_same_key_is_refused(sam: Client) -> None:
    window = send(sam).json()["id"]
    answer = send(sam, {"name": "x"}, path=f"schedules/{window}/run")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")


def test_a_body_whose_members_come_in_another_order_is_the_same(sam: Client) -> None:
    first = send(sam)
    assert send(sam, dict(reversed(WINDOW.items()))).content == first.content


def test_another_person_has_keys_of_their_own(sam: Client, project: Project, client_for: Callable) -> None:
    anna = builders.person("anna")
    project.members.add(anna, through_defaults={"role": "submitter"})
    first, other = send(sam), send(client_for(anna), WINDOW | {"name": "day"})
    assert (first.status_code, other.status_code, other.json()["name"]) == (201, 201, "day")


def test_all_tokens_of_a_person_share_the_keys(sam: Client, submitter: User, client_for: Callable) -> None:
    first = send(sam)
    assert send(client_for(submitter)).content == first.content


def test_a_token_with_fewer_scopes_is_shown_no_secret_that_reaches_further(
    submitter: User, client_for: Callable
) -> None:
    made = send(client_for(submitter), {"name": "wide"}, path="tokens")
    narrow = send(client_for(submitter, scopes=["admin"]), {"name": "wide"}, path="tokens")
    assert (made.status_code, "admin" in made.json()["scopes"], "read" in made.json()["scopes"]) == (201, True, True)
    assert (narrow.status_code, narrow.json()["code"]) == (409, "idempotency_conflict")
    assert made.json()["token"] not in narrow.content.decode()


def test_a_token_with_more_scopes_is_shown_what_a_lesser_one_was(submitter: User, client_for: Callable) -> None:
    first = send(client_for(submitter, scopes=["admin"]), {"name": "narrow"}, path="tokens")
    again = send(client_for(submitter), {"name": "narrow"}, path="tokens")
    assert (first.status_code, again.content) == (201, first.content)


def test_after_a_day_the_key_is_free_again(sam: Client, later: Callable[[timedelta], None]) -> None:
    send(sam)
    later(timedelta(hours=24))
    answer = send(sam, WINDOW | {"name": "day"})
    assert (answer.status_code, "Idempotency-Replayed" in answer) == (201, False)


def test_within_the_day_the_key_is_kept(sam: Client, later: Callable[[timedelta], None]) -> None:
    first = send(sam)
    later(timedelta(hours=23, minutes=59))
    assert send(sam).content == first.content


def test_what_was_refused_is_tried_again(sam: Client) -> None:
    refused = send(sam, WINDOW | {"timezone": "Mars"})
    assert (refused.status_code, KeptAnswer.objects.count()) == (422, 0)
    assert send(sam).status_code == 201


def test_a_refusal_leaves_nothing_of_what_came_before_it(sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def made_then_broken(*args: object, **said: object) -> None:
        half = Window.objects.create(project=Project.objects.get(), created_by=User.objects.get(username="sam"),
                              name="half", timezone="UTC", hours=HOURS, created_at=clock.now())  # fmt: skip
        made.append(half.pk)
        raise RuntimeError

    monkeypatch.setattr("api.views.windows.create_window", made_then_broken)
    assert (send(sam).status_code, len(made)) == (500, 1)
    assert (Window.objects.count(), KeptAnswer.objects.count()) == (0, 0)


def test_a_secret_that_is_shown_once_is_shown_again_to_a_repeat(sam: Client) -> None:
    first, again = (send(sam, {"name": "robot"}, path="tokens") for _ in range(2))
    assert first.json()["token"] == again.json()["token"]
    assert ApiToken.objects.filter(name="robot").count() == 1


def test_neither_key_nor_secret_can_be_read_from_the_row(sam: Client) -> None:
    secret = send(sam, {"name": "robot"}, path="tokens").json()["token"]
    row = " ".join(str(value) for value in KeptAnswer.objects.values().get().values())
    assert secret not in row
    assert KEY not in row
    assert "robot" not in row


def test_a_request_without_a_key_costs_no_query_more(sam: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    send(sam, {"name": "warm"}, None, "tokens")
    with CaptureQueriesContext(
        connection,
    ) as plain:
        send(sam, {"name": "a"}, None, "tokens")
    assert [query for query in plain.captured_queries if "keptanswer" in query["sql"].lower()] == []
    with CaptureQueriesContext(connection) as keyed:
        send(sam, {"name": "b"}, "k", "tokens")
    assert len(keyed) > len(plain)


@pytest.mark.parametrize("key", ["", "x" * 10_000, "a\0b", "Schlüssel", "键", "a\tb", "x" * 201])
@pytest.mark.parametrize(("path", "body"), [("windows", WINDOW), ("jobs", {"kind": "train"})])
def test_a_hostile_key_is_refused_by_name(sam: Client, key: str, path: str, body: dict) -> None:
    answer = send(sam, body, key.encode("utf-8").decode("latin-1"), path)
    said = answer.json()
    assert (answer.status_code, said["field"]) == (422, "Idempotency-Key")
    assert len(answer.content) < 2000
    assert (Window.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("key", ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', "x" * 200, "a key; with, signs=~"])
def test_any_printable_key_is_taken(sam: Client, key: str) -> None:
    assert send(sam, key=key).content == send(sam, key=key).content


def test_old_answers_are_deleted_and_younger_ones_kept(sam: Client, later: Callable[[timedelta], None]) -> None:
    send(sam)
    later(timedelta(hours=12))
    send(sam, WINDOW | {"name": "day"}, "second")
    assert forget_old(clock.now() + timedelta(hours=13)) == 1
    assert KeptAnswer.objects.count() == 1


@pytest.mark.usefixtures("offered")
class TestJobs:
    """The key lies with the job."""

    @pytest.fixture
    def body(self, project: Project, submitter: User) -> dict[str, str]:
        data = builders.dataset_version(project, submitter)
        return {"kind": "train", "family": "dcgan", "dataset_version": str(data.pk)}

    def test_a_repeat_says_that_it_is_one(self, sam: Client, body: dict) -> None:
        first, again = send(sam, body, path="jobs"), send(sam, body, path="jobs")
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        assert (again["Idempotency-Replayed"], again["Location"]) == ("true", first["Location"])

    def test_after_a_day_the_key_makes_another_job(self, sam: Client, body: dict, later: Callable) -> None:
        first = send(sam, body, path="jobs").json()["id"]
        later(timedelta(hours=24))
        other = send(sam, body | {"name": "other"}, path="jobs")
        assert other.status_code == 202
        assert other.json()["id"] != first
        assert send(sam, body | {"name": "other"}, path="jobs").json()["id"] == other.json()["id"]

    def test_after_a_day_what_is_refused_leaves_the_old_job_alone(
        self, sam: Client, body: dict, later: Callable
    ) -> None:
        first = send(sam, body, path="jobs").json()["id"]
        later(timedelta(hours=24))
        assert send(sam, {"kind": "nonsense"}, path="jobs").status_code == 422
        assert sam.get(f"/api/v1/jobs/{first}").status_code == 200

    def test_a_clone_is_repeated_whatever_became_of_the_first_job(self, sam: Client, body: dict) -> None:
        job = send(sam, body, None, "jobs").json()["id"]
        first = send(sam, {"name": "again"}, path=f"jobs/{job}/clone")
        sam.patch(f"/api/v1/jobs/{job}", {"priority": 7}, content_type="application/json")
        again = send(sam, {"name": "again"}, path=f"jobs/{job}/clone")
        assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])

    def test_a_clone_of_another_job_under_the_same_key_is_refused(self, sam: Client, body: dict) -> None:
        one, other = (send(sam, body | {"seed": seed}, None, "jobs").json()["id"] for seed in "12")
        send(sam, {"seed": "9"}, path=f"jobs/{one}/clone")
        assert send(sam, {"seed": "9"}, path=f"jobs/{other}/clone").status_code == 409

    def test_without_a_key_no_query_looks_for_one(self, sam: Client, body: dict) -> None:
        with CaptureQueriesContext(connection) as asked:
            send(sam, body, None, "jobs")
        looks = [query["sql"] for query in asked.captured_queries if query["sql"].startswith("SELECT")]
        assert [sql for sql in looks if 'idempotency_key" =' in sql] == []
