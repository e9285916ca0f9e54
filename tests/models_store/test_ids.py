"""Identifiers sort by creation and are well formed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from models_store.ids import first_id, is_uuid, new_id


def test_ids_are_version_7_of_the_rfc_variant():
    made = new_id()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_ids_made_one_after_the_other_are_in_order():
    made = []
    for _ in range(50):
        made.append(new_id())
        while new_id().int >> 64 == made[-1].int >> 64:  # the clock has a resolution of its own
            pass
    assert made == sorted(made)


def test_no_id_lies_below_the_moment_it_was_made_at():
    before = datetime.now(UTC)
    made = new_id()
    assert first_id(before) <= made < first_id(datetime.now(UTC) + timedelta(milliseconds=1))


def test_only_uuids_pass_for_ids():
    assert is_uuid(str(new_id()))
    assert not is_uuid("../etc/passwd")
