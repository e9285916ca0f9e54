"""Rows to try the queue on: jobs without inputs, and a clock that moves when told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Project, User
from config import clock
from jobs.models import Job


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def hands(monkeypatch) -> Hands:
    """Replaces config.clock.now."""
    made = Hands()
    monkeypatch.setattr(clock, "now", made)
    return made


@pytest.fixture
def queued(project: Project, submitter: User, hands):
    """Makes queued jobs: `queued(priority=3)`."""

    def make(**facts: object) -> Job:
        said = {"project": project, "kind": "train", "queue": "train.cpu", "seed": "1", "submitted_by": submitter}
        return Job.objects.create(**(said | {"created_at": hands()} | facts))

    return make
