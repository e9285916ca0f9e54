"""A database, people in a project, clients that speak for them, and a bell that only notes what was rung."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Project, User
from audit import tally
from catalog import plugins
from jobs import ahead, forecast, wake
from tests import builders
from tests.home import HOME

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")  # a busy machine is no fault
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a slow one costs 0.4 s a person


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """SQLite lies in a file, as it does in production, so that other threads see it."""
    from django.db import connections

    if connections["default"].vendor == "sqlite":
        connections["default"].settings_dict["TEST"]["NAME"] = str(HOME / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Threads of the web process keep connections, and PostgreSQL removes no database that is in use.

    Not autouse: each test that asks for the database runs on PostgreSQL, too (tests/home.py), and only those shall.
    """
    yield
    if "config.asgi" in sys.modules:
        sys.modules["config.asgi"].django.close()


@pytest.fixture(autouse=True)
def rung(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Queues that were woken; nothing is sent."""
    queues: list[str] = []
    monkeypatch.setattr(wake, "wake", queues.append)
    return queues


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """What an earlier test counted and never wrote is not this one's."""
    with tally.tally._lock:
        tally.tally._counts.clear()


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look reads the plug-ins and works a forecast out anew: what a process remembers is another test's."""
    plugins.forget()
    monkeypatch.setattr(plugins, "KEPT_S", 0.0)
    monkeypatch.setattr(ahead, "ANEW", timedelta(0))
    monkeypatch.setattr(forecast, "ANEW", timedelta(0))


@pytest.fixture
def home() -> Path:
    """KILNMARK_HOME of this run."""
    return HOME


@pytest.fixture
def submitter(db: None) -> User:
    """May submit in the project."""
    return builders.person("sam")


@pytest.fixture
def reviewer(db: None) -> User:
    """May decide in the project."""
    return builders.person("rita")


@pytest.fixture
def project(submitter: User, reviewer: User) -> Project:
    """Where submitter and reviewer are members."""
    return builders.project("studio", submitter=submitter, reviewer=reviewer)


@pytest.fixture
def offered(db: None) -> None:
    """The plug-ins of a small worker."""
    plugins.announce("test worker", builders.PLUGINS)


@pytest.fixture
def client_for() -> Callable[..., Client]:
    """`client_for(user)`: an HTTP client with the user's fresh token; `scopes=` narrows it."""

    def make(user: User, **said: Any) -> Client:
        return builders.client(user, **said)

    return make
