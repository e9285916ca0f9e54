"""Waiting events get their place once, in order, and the tree grows as RFC 9162 says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from events import event, events

from audit import sequencer
from audit.models import AuditEvent, TreeHead, TreeNode
from audit.sequencer import PastChanged
from models_store import merkle, signing
from models_store.evidence import check_head
from models_store.keys import Keyring

pytestmark = pytest.mark.django_db


def test_events_are_numbered_from_zero_in_their_order():
    rows = events(5)
    assert sequencer.sequence() == 5
    assert [AuditEvent.objects.get(pk=row.pk).index for row in rows] == [0, 1, 2, 3, 4]


def test_an_older_event_that_was_committed_late_comes_after_what_has_a_place():
    at = datetime(2030, 1, 1, tzinfo=UTC)
    early = event(at=at)
    sequencer.sequence()
    late = event(at=at - timedelta(hours=1))
    sequencer.sequence()
    assert [AuditEvent.objects.get(pk=row.pk).index for row in (early, late)] == [0, 1]


def test_no_more_than_the_limit_is_taken():
    events(5)
    assert [sequencer.sequence(limit=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize("batches", [[1], [3, 5, 1], [8, 8], [1] * 7])
def test_the_stored_tree_is_the_tree_over_the_leaves(batches: list[int]):
    for count in batches:
        events(count)
        sequencer.sequence()
    leaves = [bytes(leaf) for leaf in AuditEvent.objects.order_by("index").values_list("leaf", flat=True)]
    whole = merkle.grow(lambda *_: b"", 0, map(merkle.leaf_hash, leaves))
    assert {(node.level, node.index): bytes(node.hash) for node in TreeNode.objects.all()} == whole


def test_sequencing_rolled_back_leaves_neither_places_nor_nodes():
    events(3)
    with transaction.atomic():
        sequencer.sequence()
        transaction.set_rollback(True)
    assert sequencer.tree_size() == 0
    assert not TreeNode.objects.exists()
    assert sequencer.sequence() == 3


def test_two_events_cannot_have_one_place():
    first, second = events(2)
    AuditEvent.objects.filter(pk=first.pk).update(index=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEvent.objects.filter(pk=second.pk).update(index=0)


def test_a_place_in_the_tree_is_written_once():
    events(1)
    sequencer.sequence()
    with pytest.raises(IntegrityError), transaction.atomic():
        TreeNode.objects.create(level=0, index=0, hash=b"0" * 32)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL holds an advisory lock instead")
def test_on_sqlite_a_transaction_locks_out_other_writers_from_its_start():
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_head_is_signed_over_the_root_of_all_leaves(keyring: Keyring):
    rows = events(6)
    sequencer.sequence()
    head = sequencer.sign_head(keyring)
    assert head is not None
    assert (head.size, head.root) == (6, merkle.root_of([bytes(row.leaf) for row in rows]).hex())
    check_head(TreeHead.objects.get().as_dict(), keyring.log.public)


def test_a_head_is_signed_only_when_the_tree_grew(keyring: Keyring):
    assert sequencer.sign_head(keyring) is None
    events(1)
    assert sequencer.sign_head(keyring) is None
    sequencer.sequence()
    assert sequencer.sign_head(keyring) is not None
    assert sequencer.sign_head(keyring) is None


def test_a_head_signed_by_another_key_is_told_apart(keyring: Keyring):
    events(1)
    sequencer.sequence()
    head = sequencer.sign_head(keyring)
    assert head is not None
    with pytest.raises(signing.BadSignature):
        check_head(head.as_dict(), keyring.bundle.public)


def test_no_head_is_signed_over_a_past_that_changed(keyring: Keyring):
    events(4)
    sequencer.sequence()
    sequencer.sign_head(keyring)
    TreeNode.objects.filter(level=2, index=0).update(hash=b"0" * 32)
    events(1)
    sequencer.sequence()
    with pytest.raises(PastChanged):
        sequencer.sign_head(keyring)
