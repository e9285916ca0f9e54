"""People who may log in, browsers that speak for them, and translations as set-up compiles them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.translation import deactivate, trans_real

from accounts.models import Project, User
from config.messages import compile_messages
from desk.trouble import signs
from tests import builders
from tests.web import every_page, story


@pytest.fixture(scope="session", autouse=True)
def _translations() -> None:
    compile_messages()
    trans_real._translations.clear()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """What a page before spoke stays active in its thread: each test begins with the language of the settings."""
    deactivate()


@pytest.fixture(autouse=True)
def _looked_for_at_each_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble is not remembered from one test to the next, and the broker, which tests have none of, answers."""
    monkeypatch.setattr(signs, "KEPT_S", 0.0)
    monkeypatch.setattr(signs, "broker_answers", lambda url: True)


@pytest.fixture
def submitter(db: None) -> User:
    """May submit in the project."""
    return builders.person("sam", is_staff=True)


@pytest.fixture
def reviewer(db: None) -> User:
    """May decide in the project."""
    return builders.person("rita", is_staff=True)


@pytest.fixture
def people(project: Project, submitter: User, reviewer: User) -> dict[str, User]:
    """One person for each role, and a stranger to the project."""
    found = {"submitter": submitter, "reviewer": reviewer}
    for role in ("viewer", "owner"):
        found[role] = builders.person(role, is_staff=True)
        project.members.add(found[role], through_defaults={"role": role})
    stranger = builders.person("stranger", is_staff=True)
    builders.project("elsewhere", owner=stranger)
    return found | {"stranger": stranger}


@pytest.fixture
def told(project: Project, submitter: User, offered: None) -> story.Story:
    """A few days of use."""
    return story.tell(project, submitter)


@pytest.fixture
def chief(project: Project) -> User:
    """Somebody who is offered every action there is: owner of the project and of the platform."""
    found = builders.person("chief", is_staff=True, is_superuser=True)
    project.members.add(found, through_defaults={"role": "owner"})
    return found


@pytest.fixture
def pages(told: story.Story, project: Project, chief: User) -> dict[str, str]:
    """Every page there is to open, name -> address, as the chief may open them."""
    return every_page.addresses(told, project, chief)


@pytest.fixture
def browser_of() -> Callable[..., Client]:
    """`browser_of(user)`: a client with the user's session; `language=` as the switch in the header sets it."""

    def make(user: User, language: str = "en") -> Client:
        client = Client()
        client.force_login(user)
        client.cookies["django_language"] = language
        return client

    return make
