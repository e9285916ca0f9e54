"""Names and passwords: at the login page and, for a first token, by HTTP Basic; counted, and telling nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth import hashers
from django.db import connection, transaction
from django.test import Client

from accounts.login_pace import ADDRESS, FREE, admit
from accounts.models import ApiToken, LoginDoor, Project, User
from audit import tally
from audit.models import HourlyCount

TOKENS, JSON = "/api/v1/tokens", {"content_type": "application/json"}


def basic(name: str, password: str, body: Any = None, **more: Any) -> Any:
    """A request for a token with HTTP Basic."""
    said = base64.b64encode(f"{name}:{password}".encode()).decode()
    client = Client(headers={"Authorization": f"Basic {said}"}, **more)
    return client.post(TOKENS, {} if body is None else body, **JSON)


def typed(name: str, password: str, **more: Any) -> Any:
    """The form of the login page, sent."""
    return Client(**more).post("/login/", {"username": name, "password": password})


@pytest.fixture
def sam(submitter: User, project: Project) -> User:
    """Somebody with a password."""
    return submitter


def test_a_name_and_a_password_make_a_token_that_works(sam: User) -> None:
    answer = basic("sam", "pass-of-sam", {"name": "laptop", "scopes": ["read"], "days": 7})
    assert (answer.status_code, answer.json()["scopes"]) == (201, ["read"])
    client = Client(headers={"Authorization": f"Bearer {answer.json()['token']}"})
    assert client.get("/api/v1/jobs").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Basic", "Basic !", "Basic a b", "Basic " + base64.b64encode(b"nocolon").decode()])
def test_a_header_that_is_no_basic_is_refused(header: str) -> None:
    answer = Client(headers={"Authorization": header}).post(TOKENS, {}, **JSON)
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="kilnmark"'


@pytest.mark.parametrize("path", ["/api/v1/jobs", "/api/v1/projects", TOKENS])
def test_a_password_opens_nothing_else(sam: User, path: str) -> None:
    said = base64.b64encode(b"sam:pass-of-sam").decode()
    assert Client(headers={"Authorization": f"Basic {said}"}).get(path).status_code == 401


def test_without_a_password_a_browser_is_not_asked_for_one(db: None) -> None:
    assert Client().post(TOKENS, {}, **JSON).headers["WWW-Authenticate"] == "Bearer"


def test_too_many_wrong_passwords_are_answered_with_a_time(sam: User) -> None:
    statuses = [basic("sam", "wrong").status_code for _ in range(FREE["account"])]
    answer = basic("sam", "pass-of-sam")
    assert set(statuses) == {401}
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
    assert int(answer.headers["Retry-After"]) >= 1


def test_form_and_basic_share_their_count(sam: User) -> None:
    for _ in range(FREE["account"]):
        typed("sam", "wrong")
    assert basic("sam", "pass-of-sam").status_code == 429


def test_whoever_logged_in_from_here_gets_in_whatever_others_do_elsewhere(sam: User) -> None:
    assert typed("sam", "pass-of-sam", REMOTE_ADDR="203.0.113.7").status_code == 302
    for _ in range(FREE["account"] + 3):
        typed("sam", "guess", REMOTE_ADDR="198.51.100.9")
    assert typed("sam", "pass-of-sam", REMOTE_ADDR="198.51.100.9").status_code == 429
    assert typed("sam", "pass-of-sam", REMOTE_ADDR="203.0.113.7").status_code == 302


def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(sam: User) -> None:
    def answers(name: str) -> list[tuple[int, str, str]]:
        found = [basic(name, "wrong", REMOTE_ADDR=f"203.0.113.{len(name)}") for _ in range(FREE["account"] + 1)]
        return [(one.status_code, one.json()["code"], one.json()["detail"]) for one in found]

    assert answers("sam") == answers("nobody-here")


@pytest.mark.parametrize("kind", ["known", "unknown", "closed", "without a password", "service account"])
def test_as_much_work_is_done_for_a_name_that_nobody_has(kind: str, sam: User, project: Project) -> None:
    name = "nobody-here" if kind == "unknown" else "sam"
    if kind == "closed":
        User.objects.filter(pk=sam.pk).update(is_active=False)
    elif kind == "service account":
        User.objects.filter(pk=sam.pk).update(is_service=True)
    elif kind == "without a password":
        sam.set_unusable_password()
        sam.save()
    hasher = hashers.get_hasher()
    with patch.object(type(hasher), "encode", autospec=True, side_effect=type(hasher).encode) as worked:
        assert basic(name, "wrong").status_code == 401
    assert worked.call_count == 1


def test_no_password_is_looked_at_while_a_door_is_shut(sam: User) -> None:
    for _ in range(FREE["account"]):
        basic("sam", "wrong")
    with patch.object(hashers, "check_password", side_effect=AssertionError):
        assert basic("sam", "pass-of-sam").status_code == 429


def test_a_service_account_has_no_way_in_by_password(sam: User) -> None:
    User.objects.filter(pk=sam.pk).update(is_service=True)
    assert (basic("sam", "pass-of-sam").status_code, typed("sam", "pass-of-sam").status_code) == (401, 200)


def test_failures_and_attempts_that_were_put_off_are_counted_by_the_hour(sam: User) -> None:
    for _ in range(FREE["account"] + 4):
        basic("sam", "wrong", REMOTE_ADDR="203.0.113.1")
    for _ in range(3):
        basic("my secret", "wrong", REMOTE_ADDR="203.0.113.2")
    tally.flush()
    rows = HourlyCount.objects.values_list("verb", "subject_id", "count")
    assert set(rows) == {
        ("user.login_failed", str(sam.pk), FREE["account"]),
        ("user.login_put_off", str(sam.pk), 4),
        ("user.login_failed", "unknown", 3),
    }


def test_a_count_is_never_taken_back_by_a_transaction_around_it(sam: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        admit("sam", "")


@pytest.mark.parametrize("name", ["s\0am", "sam\0"])
def test_a_name_with_a_nul_is_nobody(sam: User, name: str) -> None:
    assert basic(name, "pass-of-sam").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_many_attempts_at_once_are_counted_like_one_after_another(submitter: User) -> None:
    def attempt(_n: int) -> int:
        try:
            return basic("sam", "wrong").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attempt, range(24)))
    looked_at = statuses.count(401)
    assert (looked_at, statuses.count(429)) == (FREE["account"], 24 - FREE["account"])


def test_a_token_lives_as_long_as_was_asked_and_no_longer_than_its_maker(
    sam: User, client_for: Callable[..., Client]
) -> None:
    days = basic("sam", "pass-of-sam", {"days": 2}).json()
    made = Client(headers={"Authorization": f"Bearer {days['token']}"}).post(TOKENS, {"days": 90}, **JSON).json()
    rows = {str(row.pk): row for row in ApiToken.objects.all()}
    assert (rows[days["id"]].expires_at - rows[days["id"]].created_at).days in (1, 2)
    assert rows[made["id"]].expires_at == rows[days["id"]].expires_at
    assert basic("sam", "pass-of-sam", {"days": 3651}).status_code == 422
    assert basic("sam", "pass-of-sam", {"days": 366}).status_code == 422


def test_an_address_that_guesses_at_many_names_is_slowed(sam: User) -> None:
    for n in range(FREE[ADDRESS]):
        basic(f"name-{n}", "wrong", REMOTE_ADDR="203.0.113.5")
    assert basic("sam", "pass-of-sam", REMOTE_ADDR="203.0.113.5").status_code == 429
    assert LoginDoor.objects.count() == FREE[ADDRESS] + 1
