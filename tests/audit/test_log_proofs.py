"""Proofs lead from an event to a signed head, and a rewritten past shows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext
from events import event, events

from audit import proofs, sequencer
from audit.models import AuditDetail, AuditEvent, TreeHead, TreeNode
from audit.proofs import NotInLogYet
from audit.selfcheck import verify_log
from models_store import evidence, merkle
from models_store.errors import InvalidInput, NotFound
from models_store.evidence import ProofFails, check_artifact, check_consistency, check_inclusion
from models_store.keys import Keyring

pytestmark = pytest.mark.django_db


def log(keyring: Keyring, *batches: int) -> list[TreeHead]:
    """A log that grew batch by batch; its heads."""
    heads = []
    for count in batches:
        events(count)
        sequencer.sequence()
        heads.append(sequencer.sign_head(keyring))
    return [head for head in heads if head]


def rewrite(index: int) -> None:
    """Replace an old leaf and every node above it, as somebody with the database and this code would."""
    row = AuditEvent.objects.get(index=index)
    AuditEvent.objects.filter(pk=row.pk).update(
        leaf=bytes(row.leaf).replace(b"job.queued", b"job.failed"), verb="job.failed"
    )
    leaves = [bytes(leaf) for leaf in AuditEvent.objects.order_by("index").values_list("leaf", flat=True)]
    for (level, place), value in merkle.grow(lambda *_: b"", 0, map(merkle.leaf_hash, leaves)).items():
        TreeNode.objects.filter(level=level, index=place).update(hash=value)


def test_every_event_is_proven_against_the_newest_head(keyring: Keyring):
    log(keyring, 3, 6)
    for row in AuditEvent.objects.all():
        leaf = check_inclusion(proofs.inclusion(row), keyring.log.public)
        assert leaf["id"] == str(row.pk)


def test_an_event_is_proven_against_an_older_head(keyring: Keyring):
    log(keyring, 3, 6)
    proof = proofs.inclusion(1, size=3)
    check_inclusion(proof, keyring.log.public)
    assert (proof["tree_size"], proof["head"]["size"]) == (3, 3)


def test_an_event_that_waits_has_no_proof_yet(keyring: Keyring):
    log(keyring, 1)
    waiting = event()
    with pytest.raises(NotInLogYet):
        proofs.inclusion(waiting)
    sequencer.sequence()
    waiting.refresh_from_db()
    with pytest.raises(NotInLogYet):  # it has its place, but no head covers it
        proofs.inclusion(waiting)


def test_there_is_no_proof_against_a_head_that_was_not_signed(keyring: Keyring):
    log(keyring, 3)
    with pytest.raises(NotFound):
        proofs.inclusion(0, size=2)


def test_there_is_no_proof_of_an_event_that_is_not_there(keyring: Keyring):
    log(keyring, 3)
    with pytest.raises(NotFound):
        proofs.inclusion(99)


def test_a_proof_costs_three_queries_whatever_the_size(keyring: Keyring):
    log(keyring, 40)
    with CaptureQueriesContext(connection) as asked:
        proofs.inclusion(17)
    assert len(asked.captured_queries) == 3


def test_every_head_is_consistent_with_every_later_one(keyring: Keyring):
    heads = [head.as_dict() for head in log(keyring, 1, 2, 4, 3)]
    for place, older in enumerate(heads):
        for newer in heads[place:]:
            check_consistency(proofs.consistency(older["size"], newer["size"]), older, newer)


@pytest.mark.parametrize(("first", "second"), [(-1, 2), (2, 1), (1, 9)])
def test_sizes_that_the_log_never_had_are_refused(keyring: Keyring, first: int, second: int):
    log(keyring, 3)
    with pytest.raises(InvalidInput):
        proofs.consistency(first, second)


def test_a_whole_log_passes_its_self_check(keyring: Keyring):
    log(keyring, 3, 6)
    check = verify_log(keyring)
    assert (check.problems, check.events, check.heads, check.details) == ([], 9, 2, 9)


def test_an_empty_log_passes_its_self_check(keyring: Keyring):
    assert verify_log(keyring).ok


def test_events_that_wait_do_not_disturb_the_self_check(keyring: Keyring):
    log(keyring, 3)
    event()
    assert verify_log(keyring).ok


def test_a_log_of_several_batches_passes_its_self_check(keyring: Keyring, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("audit.selfcheck._BATCH", 3)
    log(keyring, 5, 5, 1)
    assert verify_log(keyring).ok


def test_a_rewritten_leaf_fails_the_consistency_proof_against_an_older_head(keyring: Keyring):
    older = log(keyring, 5)[0].as_dict()
    rewrite(2)
    TreeHead.objects.all().delete()
    newer = log(keyring, 3)[0].as_dict()  # signed by the true key, over a self-consistent tree
    with pytest.raises(ProofFails):
        check_consistency(proofs.consistency(5, 8), older, newer)


def test_a_rewritten_leaf_with_all_its_nodes_fails_the_self_check_by_its_heads(keyring: Keyring):
    log(keyring, 5)
    rewrite(2)
    assert any("its root is not" in problem for problem in verify_log(keyring).problems)


def test_a_leaf_that_was_edited_into_text_fails_the_self_check(keyring: Keyring):
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite takes text into a column of bytes")
    log(keyring, 5)
    AuditEvent.objects.filter(index=2).update(leaf=RawSQL("CAST('{}' AS TEXT)", ()))
    assert any("event 2" in problem for problem in verify_log(keyring).problems)


def test_a_rewritten_leaf_alone_fails_the_self_check(keyring: Keyring):
    log(keyring, 5)
    AuditEvent.objects.filter(index=2).update(leaf=b"{}")
    assert "the tree's node 0/2 does not follow from the leaves" in verify_log(keyring).problems


@pytest.mark.parametrize(
    "column", [{"verb": "job.failed"}, {"subject_id": "99"}, {"project_id": None}, {"actor": "eve"}]
)
def test_a_rewritten_column_fails_the_self_check(keyring: Keyring, column: dict[str, object]):
    log(keyring, 3)
    AuditEvent.objects.filter(index=1).update(**column)
    assert len(verify_log(keyring).problems) == 1


def test_a_rewritten_detail_fails_the_self_check(keyring: Keyring):
    log(keyring, 3)
    AuditDetail.objects.filter(event__index=1).update(detail={"reason": "another"})
    assert verify_log(keyring).problems == ["event 1: its detail is not what its leaf commits to"]


def test_a_deleted_event_fails_the_self_check(keyring: Keyring):
    log(keyring, 3)
    AuditEvent.objects.filter(index=2).delete()
    assert "the tree has 3 leaves, but there are 2 events" in verify_log(keyring).problems


def test_a_forged_head_fails_the_self_check(keyring: Keyring):
    log(keyring, 3)
    TreeHead.objects.update(signature="00" * 64)
    assert len(verify_log(keyring).problems) == 1


def test_an_artifact_is_proven_through_its_chunk(keyring: Keyring):
    items = [{"index": index, "sha256": f"{index:064x}"} for index in range(7)]
    log(keyring, 2)
    leaf = event(items_root=evidence.chunk(items)[0])
    log(keyring, 2)
    leaf.refresh_from_db()
    proof = evidence.artifact(items, 4, proofs.inclusion(leaf))
    assert check_artifact(proof, keyring.log.public)["id"] == str(leaf.pk)
