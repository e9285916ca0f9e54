"""A platform with one of everything, behind its real server in a thread of the run, and a person who may do it all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.core.cache import cache

from accounts.models import User
from accounts.services import issue_token
from api.rates import rates
from audit import sequencer
from catalog import plugins
from models_store.keys import Keyring
from tests import builders
from tests.home import HOME
from tests.served import served
from tests.web import roles, story


@dataclass(frozen=True)
class Platform:
    """Where it answers, and the token of its owner."""

    url: str
    token: str
    scene: roles.Scene


@pytest.fixture
def scene(transactional_db: None) -> roles.Scene:
    """One of everything, as other threads see it."""
    plugins.announce("test worker", builders.PLUGINS)
    people: dict[str, User] = {"submitter": builders.person("sam"), "reviewer": builders.person("rita")}
    project = builders.project("atelier", **people)
    for role in ("viewer", "owner"):
        people[role] = builders.person(role)
        project.members.add(people[role], through_defaults={"role": role})
    people["stranger"] = builders.person("stranger")
    builders.project("elsewhere", owner=people["stranger"])
    issue_token(people["viewer"], name="a token")
    told = roles.scene(story.tell(project, people["submitter"]), project, people)
    sequencer.sequence()
    sequencer.sign_head(Keyring.load(HOME / "keys"))
    return told


@pytest.fixture
def platform(scene: roles.Scene, settings: object) -> Iterator[Platform]:
    """The platform, served, without a limit of requests."""
    settings.RATE_LIMIT = 0  # type: ignore[attr-defined]
    cache.clear()
    rates.clear()
    _, secret = issue_token(scene.people["root"], name="schema")
    with served() as url:
        yield Platform(url, secret, scene)
