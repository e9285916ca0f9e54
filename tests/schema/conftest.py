"""A platform with one of everything, behind its real server in a thread of the run, and a person who may do it all."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from django.core.asgi import get_asgi_application
from django.core.cache import cache

from accounts.models import User
from accounts.services import issue_token
from api.gate import Gate
from api.rates import rates
from audit import sequencer
from catalog import plugins
from models_store.keys import Keyring
from tests import builders
from tests.home import ASKED, HOME
from tests.web import roles, story

STARTS_WITHIN_S = 20


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long run only where it is asked for; and on SQLite alone: what is sent is read alike on any database."""
    here = [item for item in items if item.path.parent.name == "schema"]
    asked = "api_long" in str(config.option.markexpr)
    away = [item for item in here if ASKED != "sqlite" or not (asked or item.get_closest_marker("api_long") is None)]
    items[:] = [item for item in items if item not in away]
    config.hook.pytest_deselected(items=away)


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


class served:  # noqa: N801 - read as a verb
    """`with served() as url:` the web process in a thread."""

    def __enter__(self) -> str:
        config = uvicorn.Config(Gate(get_asgi_application()), port=0, log_level="error", timeout_graceful_shutdown=2)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + STARTS_WITHIN_S
        while not self.server.started:
            assert self.thread.is_alive(), "the web process did not start"
            assert time.monotonic() < until, "the web process took too long to start"
            time.sleep(0.02)
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(STARTS_WITHIN_S)
