"""Receivers that are closed after the test, an owner, and rounds of a courier in the test's own thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Project, User
from config import clock
from tests import builders
from tests.webhooks.receivers import LOOPBACK, Manners, Receiver
from webhooks.claims import claim, record
from webhooks.connection import Checked, pool
from webhooks.follow import follow
from webhooks.post import Outcome, Parcel, post


@pytest.fixture
def receiver() -> Iterator[Callable[..., Receiver]]:
    """`receiver(manners)`: a server on loopback."""
    made: list[Receiver] = []

    def make(manners: Manners | None = None) -> Receiver:
        made.append(Receiver(manners))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def owner(project: Project) -> User:
    """Who answers for the project's webhooks."""
    ada = builders.person("ada")
    project.members.add(ada, through_defaults={"role": "owner"})
    return ada


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    """Receivers of tests are private; the tests of addresses say themselves what is allowed."""
    settings.WEBHOOKS_PRIVATE = LOOPBACK


def posted(parcels: list[Parcel], **how: Any) -> list[Outcome]:
    """Send them all at once, as a courier does."""

    async def run() -> list[Outcome]:
        backend = how.get("backend") or Checked(LOOPBACK)
        async with pool(backend) as connections:
            at_s = int(how.get("at_s", 0)) or 1_700_000_000
            return await asyncio.gather(
                *(post(one, connections, how.get("allowed", LOOPBACK), at_s) for one in parcels)
            )

    return asyncio.run(run())


def carried(at_s: int = 0) -> list[Outcome]:
    """One round of a courier: read the log, take what is due, send it, keep what came of it."""
    while follow():
        pass
    parcels = claim(128, 32)
    outcomes = posted(parcels, at_s=at_s or int(clock.now().timestamp()))
    for parcel, outcome in zip(parcels, outcomes, strict=True):
        record(parcel, outcome)
    return outcomes
