"""The ballast: room for the last words when the disk is full, and a rest until there is room again."""

from __future__ import annotations

import os

import pytest

from workers.tasks import ballast, work


@pytest.fixture(autouse=True)
def small(settings, tmp_path):
    """A home of its own, whose ballast is small."""
    settings.KILNMARK_HOME, settings.BALLAST_BYTES = tmp_path, 1 << 16


def test_it_takes_its_room_for_real():
    assert ballast.keep()
    assert os.stat(ballast.place()).st_blocks * 512 >= 1 << 16


def test_it_is_given_away_once_and_laid_down_again():
    ballast.keep()
    assert ballast.give_away()
    assert not ballast.give_away()
    assert ballast.given_away()
    assert ballast.keep()
    assert not ballast.given_away()


def test_it_is_not_laid_down_where_there_is_little_room(settings):
    settings.BALLAST_BYTES = 1 << 60
    assert not ballast.keep()
    assert not ballast.place().exists()


def test_a_home_that_never_had_one_is_no_full_disk():
    assert not ballast.given_away()


def test_nothing_is_claimed_until_there_is_room_again(monkeypatch):
    claims = []
    monkeypatch.setattr(work, "claim_together", lambda *said: claims.append(said))
    ballast.keep()
    ballast.give_away()
    work.work.run("io")
    assert not claims
    ballast.keep()
    work.work.run("io")
    assert len(claims) == 1
