"""The morning's alarms tell of a key whose year is nearly over, and of stamps that do not come."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from audit.models import Stamp
from config import clock
from jobs.alarms import alarms
from models_store.keys import create_keyring

pytestmark = pytest.mark.django_db


def told(word: str) -> list[str]:
    now = clock.now()
    return [said for said in alarms(now - timedelta(hours=12), now, None) if word in said]


def aged(place: Path, days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform's keyring is so old."""
    create_keyring(place, at=clock.now() - timedelta(days=days))
    monkeypatch.setattr(settings, "KEYS_FOLDER", place)


@pytest.mark.parametrize(("days", "says"), [(1, ""), (334, ""), (336, "is to be changed by"), (366, "and still signs")])
def test_a_key_is_to_be_changed_a_month_before_its_year_is_over(
    days: int, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    aged(tmp_path / "keys", days, monkeypatch)
    lines = told("key that signs credentials")
    assert (len(lines), says in "".join(lines)) == (bool(says), True)


def test_the_members_of_a_project_are_not_told_of_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    aged(tmp_path / "keys", 400, monkeypatch)
    now = clock.now()
    assert not [said for said in alarms(now - timedelta(hours=12), now, []) if "key" in said]


@pytest.mark.parametrize(("hours", "count"), [(0, 0), (2, 1)])
def test_stamps_that_wait_for_more_than_an_hour_are_told_with_the_reason(hours: int, count: int):
    at = clock.now() - timedelta(hours=hours)
    Stamp.objects.create(
        kind="head", subject_id="1", sha256="0" * 64, requested_at=at, due_at=at, tries=3, error="no answer"
    )
    lines = told("time stamps")
    assert len(lines) == count
    assert all("no answer" in line for line in lines)
