"""Clients of the people in the project."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Project, User
from tests import builders
from tests.api.document_fit import fault


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


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    """Throttles count from nothing in each test."""
    cache.clear()


@pytest.fixture(autouse=True)
def _answers_are_as_the_document_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer that a test gets from an operation: status, media type, headers, code and body."""
    plain = Client.request

    def request(self: Client, **said: Any) -> Any:
        response = plain(self, **said)
        assert not (wrong := fault(said["REQUEST_METHOD"], response)), wrong
        return response

    monkeypatch.setattr(Client, "request", request)
