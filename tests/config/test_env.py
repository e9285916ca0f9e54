"""The readers of the environment: what is wrong is said with its name, what was expected and what came."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env

ROOT = Path(__file__).resolve().parents[2]
NAME = "KILNMARK_TRIED"
WRONG: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: env.flag(NAME), "maybe", "got 'maybe'"),
    (lambda: env.integer(NAME, 1, low=1, high=9), "10", "from 1 to 9; got '10'"),
    (lambda: env.choice(NAME, "INFO", ("INFO", "ERROR")), "LOUD", "one of INFO, ERROR; got 'LOUD'"),
    (lambda: env.url(NAME, "", ("redis", "rediss")), "memory://", "redis://..., rediss://...; got no URL"),
    (lambda: env.url(NAME, "", ("postgres",)), "oracle://sam:secret@host", "got oracle://..."),
    (lambda: env.origins(NAME), "https://a.example, b.example", "got 'b.example'"),
    (lambda: env.networks(NAME), "10.0.0.0/8, home", "networks such as 10.0.0.0/8, or true"),
    (lambda: env.networks(NAME), "10.0.0.1/8", "got ['10.0.0.1/8']"),
    (lambda: env.zone(NAME, "UTC"), "Mars/Phobos", "got 'Mars/Phobos'"),
    (lambda: env.zone(NAME, "UTC"), "../etc/passwd", "got '../etc/passwd'"),
    (lambda: env.time_of_day(NAME, "08:00"), "8 o'clock", "a time such as 08:00"),
    (lambda: env.time_of_day(NAME, "08:00"), "24:00", "got '24:00'"),
    (lambda: env.mail_server(NAME), "http://sam:secret@host", "got http://..."),
    (lambda: env.mail_server(NAME), "smtp://sam:secret@host:mail", "got one without host or port"),
    (lambda: env.mail_server(NAME), "smtp://:25", "got one without host or port"),
]


@pytest.mark.parametrize(("read", "said", "answer"), WRONG)
def test_a_wrong_value_is_named_with_what_was_expected(
    read: Callable[[], Any], said: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, said)
    with pytest.raises(ImproperlyConfigured, match=f"^{NAME}: expected") as stop:
        read()
    assert answer in str(stop.value)


def test_an_error_about_a_url_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "postgrse://sam:secret@host/kilnmark")
    with pytest.raises(ImproperlyConfigured) as stop:
        env.url(NAME, "", ("postgres",))
    assert "secret" not in str(stop.value)


def test_an_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " ")
    assert (env.choice(NAME, "INFO", ("INFO",)), env.zone(NAME, "UTC"), env.origins(NAME)) == ("INFO", "UTC", [])


def test_a_zone_in_the_notation_of_libc_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, ":Europe/Berlin")
    assert env.zone(NAME, "UTC") == "Europe/Berlin"


def test_the_command_line_says_it_in_one_sentence() -> None:
    said = subprocess.run(
        [sys.executable, ROOT / "manage.py", "token", "admin"],
        env=os.environ | {"KILNMARK_LOG_LEVEL": "LOUD"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (said.returncode, said.stderr.count("\n")) == (1, 1)
    assert said.stderr.startswith("KILNMARK_LOG_LEVEL: expected")


def test_a_mail_server_is_read_with_its_escaped_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "smtps://night%40example.org:p%3Aw@mail.example.org")
    assert env.mail_server(NAME) == ("mail.example.org", 465, "night@example.org", "p:w", False, True)
