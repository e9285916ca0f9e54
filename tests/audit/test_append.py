"""An event is written with its action, shows no name in its leaf, and can be forgotten."""

from __future__ import annotations

import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from events import PROJECT, event, events

from audit import proofs, sequencer, services
from audit.models import AuditDetail, AuditEvent, Review
from audit.selfcheck import verify_log
from audit.services import OutsideTransaction
from config import clock
from models_store import evidence
from models_store.evidence import check_inclusion
from models_store.keys import Keyring

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(OutsideTransaction):
        services.append(actor="ada", verb="job.queued", subject=("job", "1"))


def test_an_action_that_is_rolled_back_leaves_no_event():
    with transaction.atomic():
        event()
        transaction.set_rollback(True)
    assert not AuditEvent.objects.exists()


def test_an_event_waits_without_an_index():
    assert event().index is None


def test_appending_costs_two_inserts():
    at = clock.now()
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        services.append(actor="ada", verb="job.queued", subject=("job", "1"), at=at)
    assert [query["sql"].split()[0] for query in asked.captured_queries] == ["INSERT", "INSERT"]


def test_the_leaf_repeats_the_row_but_shows_neither_actor_nor_detail():
    row = event(7, actor="Ada Lovelace", detail={"reason": "private words"})
    leaf = json.loads(bytes(row.leaf))
    assert (leaf["v"], leaf["id"], leaf["verb"]) == (1, str(row.pk), "job.queued")
    assert (leaf["subject"], leaf["project"]) == (["job", "7"], PROJECT)
    assert b"Ada" not in bytes(row.leaf)
    assert b"private" not in bytes(row.leaf)


def test_the_same_words_are_committed_to_differently_each_time():
    first, second = (json.loads(bytes(row.leaf)) for row in (event(), event()))
    assert first["actor"] != second["actor"]
    assert first["detail"] != second["detail"]


def test_an_event_without_a_project_says_so():
    assert json.loads(bytes(event(project=None).leaf))["project"] is None


def test_a_chunk_of_items_stands_in_the_leaf():
    root, _ = evidence.chunk([{"index": 0}])
    assert json.loads(bytes(event(items_root=root).leaf))["items_root"] == root


def test_erasing_details_leaves_every_proof_valid(keyring: Keyring):
    rows = events(5)
    sequencer.sequence()
    sequencer.sign_head(keyring)
    before = [proofs.inclusion(index) for index in range(5)]
    assert services.erase_details([rows[1].pk, rows[3].pk], actor="root") == 2
    assert [proofs.inclusion(index) for index in range(5)] == before
    for proof in before:
        check_inclusion(proof, keyring.log.public)
    check = verify_log(keyring)
    assert (check.problems, check.erased) == ([], 2)


def test_an_erased_person_is_in_no_row(keyring: Keyring):
    event(actor="bob", detail={"comment": "bob was here"})
    event(actor="ada")
    Review.objects.create(
        subject_kind="model", subject_id="1", reviewer="bob", decision="approve", comment="bob", at=clock.now()
    )
    sequencer.sequence()
    services.erase_person("bob", actor="root")
    assert not AuditEvent.objects.filter(actor="bob").exists()
    assert not Review.objects.filter(reviewer="bob").exists()
    assert [row.detail for row in AuditDetail.objects.filter(event__verb="job.queued")] == [
        {"reason": "waits", "number": 0}
    ]
    assert verify_log(keyring).ok


def test_what_others_did_to_an_erased_person_names_nobody(keyring: Keyring):
    told = [
        {"user": "bob", "role": "owner"},
        {"by": ["ann", "bob"]},
        {"reason": "cancelled by bob"},
        {"move": {"proposed_by": "bob"}},
        {"reason": "rejected by bob: too dark"},
    ]
    kept = [{"reason": "waits for bobsled"}, {"state": "bob"}, {"reason": "cancelled by bobby"}]
    for detail in (*told, *kept):
        event(actor="owner", detail=detail)
    sequencer.sequence()
    assert services.erase_person("bob", actor="root") == len(told)
    assert [row.detail for row in AuditDetail.objects.filter(event__actor="owner")] == kept
    assert verify_log(keyring).ok


def test_a_name_in_another_script_is_found_in_details():
    event(actor="owner", detail={"user": "李四"})
    event(actor="owner", detail={"user": 'o"neil \\'})
    assert services.erase_person("李四", actor="root") == 1
    assert services.erase_person('o"neil \\', actor="root") == 1


def test_erasing_is_an_event_itself():
    services.erase_person("bob", actor="root")
    row = AuditEvent.objects.get(verb="audit.erased")
    assert (row.actor, row.detail.detail) == ("root", {"count": 0})


def test_large_numbers_in_a_detail_are_what_was_committed_to_on_every_database(keyring):
    event(detail={"rate": 1e21, "small": 1e-7, "list": [5.0, -3e30]})
    sequencer.sequence()
    sequencer.sign_head(keyring)
    check = verify_log(keyring)
    assert (check.ok, check.details) == (True, 1)
