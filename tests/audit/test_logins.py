"""Who came, went and failed to is in the log; what was typed where no account is, is not."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.test import Client

from accounts.services import issue_token, revoke_token
from audit import logins
from audit.models import AuditDetail, AuditEvent, HourlyCount
from audit.tally import Tally
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def counts(monkeypatch: pytest.MonkeyPatch) -> Tally:
    """A tally of this test alone."""
    fresh = Tally()
    monkeypatch.setattr("audit.tally.note", fresh.note)
    return fresh


def flushed(counts: Tally) -> list[tuple[str, str, str, int]]:
    counts.flush()
    return sorted(HourlyCount.objects.values_list("verb", "actor", "subject_id", "count"))


def verbs() -> list[str]:
    found = AuditEvent.objects.filter(verb__startswith="user.").order_by("pk")
    return list(found.values_list("verb", flat=True))


def test_a_login_and_a_logout_are_events() -> None:
    ada = builders.person("ada", is_staff=True)
    browser = Client()
    browser.post("/login/", {"username": "ada", "password": "pass-of-ada"})
    browser.post("/logout/")
    events = AuditEvent.objects.filter(verb__startswith="user.logged").order_by("pk")
    assert [(one.verb, one.actor, one.subject_id) for one in events] == [
        ("user.logged_in", "ada", str(ada.pk)),
        ("user.logged_out", "ada", str(ada.pk)),
    ]


def test_a_failed_login_is_counted_by_the_account_that_was_meant(counts: Tally) -> None:
    ada = builders.person("ada", is_staff=True)
    for _ in range(3):
        Client().post("/login/", {"username": "ada", "password": "wrong"})
    assert flushed(counts) == [("user.login_failed", "", str(ada.pk), 3)]
    assert verbs() == []


def test_of_a_name_that_is_none_nothing_is_kept(counts: Tally) -> None:
    for name in ("my-secret-password", "another one", "nul\0in it"):
        authenticate(None, username=name.replace("\0", ""), password="x")
        logins.failed({"username": name})
    assert flushed(counts) == [("user.login_failed", "", "unknown", 6)]
    kept = str(list(HourlyCount.objects.values())) + str(list(AuditDetail.objects.values()))
    assert "secret" not in kept


def test_somebody_who_logs_in_all_day_does_not_fill_the_log(counts: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "EACH_HOUR", 3)
    ada = builders.person("ada")
    for _ in range(5):
        Client().force_login(ada)
    assert verbs() == ["user.logged_in"] * 3
    assert flushed(counts) == [("user.logged_in", "ada", str(ada.pk), 2)]


def test_a_changed_password_is_an_event_and_a_new_account_is_none() -> None:
    ada = builders.person("ada")
    assert verbs() == []
    ada.set_password("another password")
    ada.save()
    assert verbs() == ["user.password_changed"]


def test_a_hash_that_is_renewed_at_a_login_is_no_changed_password(settings) -> None:
    builders.person("ada")
    slower = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [slower, *settings.PASSWORD_HASHERS]
    assert authenticate(None, username="ada", password="pass-of-ada")
    assert get_user_model().objects.get(username="ada").password.startswith("pbkdf2")
    assert verbs() == []


def test_a_token_that_is_used_and_one_that_is_refused_are_counted(counts: Tally) -> None:
    ada = builders.person("ada")
    token, secret = issue_token(ada, actor="ada")
    ask = {"headers": {"Authorization": f"Bearer {secret}"}}
    assert [Client().get("/api/v1/tokens", **ask).status_code for _ in range(2)] == [200, 200]
    revoke_token(token, actor="ada")
    Client().get("/api/v1/tokens", **ask)
    Client().get("/api/v1/tokens", headers={"Authorization": "Bearer km_guess"})
    assert flushed(counts) == [
        ("token.refused", "", str(token.pk), 1),
        ("token.refused", "", "unknown", 1),
        ("token.used", "ada", str(token.pk), 1),
    ]


def test_many_guessed_tokens_are_one_row(counts: Tally) -> None:
    for number in range(20):
        Client().get("/api/v1/tokens", headers={"Authorization": f"Bearer km_{number}"})
    assert flushed(counts) == [("token.refused", "", "unknown", 20)]
