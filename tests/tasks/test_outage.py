"""A database that is away for a while: what had to be written is written when it is back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
from django.db import IntegrityError, OperationalError

from workers.tasks import ballast, outage


@pytest.fixture(autouse=True)
def small(settings, tmp_path, monkeypatch):
    """A home of its own, and no pause between two tries."""
    settings.KILNMARK_HOME, settings.BALLAST_BYTES = tmp_path, 1 << 16
    monkeypatch.setattr(outage, "PAUSE_S", 0.0)


def away(times: int, fault: Exception) -> Callable[[], str]:
    """Fails that often, then answers."""
    left = [fault] * times

    def act() -> str:
        if left:
            raise left.pop()
        return "written"

    return act


def test_it_is_tried_until_the_database_answers():
    assert outage.outlasting(away(3, OperationalError("the connection is closed")), 60) == "written"


def test_patience_ends_with_the_lease():
    with pytest.raises(OperationalError):
        outage.outlasting(away(3, OperationalError("connection refused")), 0)


def test_a_wrong_statement_is_not_tried_again():
    with pytest.raises(IntegrityError):
        outage.outlasting(away(1, IntegrityError("twice")), 60)


def test_a_full_disk_gives_its_ballast_away():
    ballast.keep()
    full = OperationalError("database or disk is full")
    full.__cause__ = sqlite3.OperationalError("database or disk is full")
    assert outage.outlasting(away(1, full), 0) == "written"
    assert ballast.given_away()
