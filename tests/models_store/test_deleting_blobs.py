"""Deleting what nobody needs: not what somebody put again a moment ago. In a folder and in a bucket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stores import Shelf

from models_store.canonical import digest

SPACE = "0190aaaa-1111-7111-8111-000000000001"
HOUR = timedelta(hours=1)


def test_what_was_put_before_the_moment_goes(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    assert shelf.store.delete(SPACE, sha256, before=datetime.now(UTC) + HOUR)
    assert (shelf.store.exists(SPACE, sha256), shelf.kept()) == (False, [])


def test_what_was_put_later_stays(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    assert not shelf.store.delete(SPACE, sha256, before=datetime.now(UTC) - HOUR)
    assert shelf.store.read(SPACE, sha256) == b"clay"


def test_what_is_not_there_is_gone(shelf: Shelf):
    assert shelf.store.delete(SPACE, digest(b"nothing"), before=datetime.now(UTC))


def test_without_a_moment_it_goes_whatever_its_age(shelf: Shelf):
    sha256 = shelf.store.put(SPACE, b"clay")
    assert shelf.store.delete(SPACE, sha256)
    assert not shelf.store.exists(SPACE, sha256)
