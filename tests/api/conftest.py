"""Clients of the people in the project, and the application as the server runs it, gate and all."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from django.test import Client

from accounts.models import Project, User
from accounts.services import issue_token
from config.asgi import django
from config.gate import Gate
from tests import builders


@pytest.fixture
def sam(submitter: User, project: Project, client_for: Callable[..., Client]) -> Client:
    """The submitter's client."""
    return client_for(submitter)


@pytest.fixture
def rita(reviewer: User, project: Project, client_for: Callable[..., Client]) -> Client:
    """The reviewer's client."""
    return client_for(reviewer)


@pytest.fixture
def vera(project: Project, client_for: Callable[..., Client]) -> Client:
    """A viewer's client."""
    viewer = builders.person("vera")
    project.members.add(viewer, through_defaults={"role": "viewer"})
    return client_for(viewer)


@pytest.fixture
def stranger(db: None, client_for: Callable[..., Client]) -> Client:
    """Somebody from another project."""
    olga = builders.person("olga")
    builders.project("elsewhere", owner=olga)
    return client_for(olga)


@pytest.fixture
def through_gate() -> Callable[[User], httpx.AsyncClient]:
    """`through_gate(user)`: an async client of the whole application; make it inside the running loop."""

    def make(user: User) -> httpx.AsyncClient:
        _, secret = issue_token(user)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=Gate(django)),
            base_url="http://localhost",
            headers={"Authorization": f"Bearer {secret}"},
        )

    return make
