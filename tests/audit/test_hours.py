"""Counts of an hour that is over stand under a leaf: once, provably, and without a name once it was erased."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audit import hours, sequencer
from audit.models import AuditEvent, HourlyCount
from audit.proofs import NotInLogYet
from audit.selfcheck import verify_log
from audit.services import erase_person
from audit.tally import Tally
from config import clock
from models_store.evidence import ProofFails, check_artifact
from models_store.keys import Keyring

pytestmark = pytest.mark.django_db
ONE, OTHER = "0190aaaa-1111-7111-8111-000000000001", "0190aaaa-1111-7111-8111-000000000002"


def counted(*subjects: str, actor: str = "ada", project: str = ONE) -> None:
    """Reads that lie in rows."""
    counts = Tally()
    for subject in subjects:
        counts.note(actor=actor, verb="artifact.read", subject=("artifact", subject), project=project)
    counts.flush()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """`later(hours=1)` moves the clock."""

    def move(**by: float) -> datetime:
        at = timezone.now() + timedelta(**by)
        monkeypatch.setattr(clock, "now", lambda: at)
        return at

    return move


def log(keyring: Keyring) -> None:
    """Everything that waits gets its place and a head."""
    sequencer.sequence()
    sequencer.sign_head(keyring)


def test_an_hour_that_lasts_is_left_alone() -> None:
    counted("1")
    assert hours.close_due("worker w") == 0
    assert not AuditEvent.objects.exists()


def test_an_hour_that_is_over_becomes_one_leaf_for_each_project(later) -> None:
    counted("1", "2", "2")
    counted("3", project=OTHER)
    later(hours=1)
    assert hours.close_due("worker w") == 2
    assert hours.close_due("worker w") == 0
    found = {str(event.project_id): event.detail.detail for event in AuditEvent.objects.all()}
    assert {one: (said["counts"], said["totals"]) for one, said in found.items()} == {
        ONE: (2, {"artifact.read": 3}),
        OTHER: (1, {"artifact.read": 1}),
    }


def test_many_counts_stand_under_several_leaves(monkeypatch: pytest.MonkeyPatch, later) -> None:
    monkeypatch.setattr(hours, "MOST", 3)
    counted(*"1234567")
    later(hours=1)
    assert hours.close_due("worker w") == 3
    assert not HourlyCount.objects.filter(event=None).exists()


def test_a_count_is_proven_against_a_signed_head(keyring: Keyring, later) -> None:
    counted("1", "2", "3", actor="Grace")
    later(hours=1)
    hours.close_due("worker w")
    log(keyring)
    for row in HourlyCount.objects.all():
        proof = hours.proof_of(row)
        assert check_artifact(proof, keyring.log.public)["verb"] == "hour.counted"
        assert proof["item"]["subject"] == ["artifact", row.subject_id]
        assert "Grace" not in str(proof)


def test_a_count_of_this_hour_has_no_proof_yet() -> None:
    counted("1")
    with pytest.raises(NotInLogYet):
        hours.proof_of(HourlyCount.objects.get())


def test_what_ends_halfway_leaves_neither_leaf_nor_closed_counts(later, monkeypatch: pytest.MonkeyPatch) -> None:
    counted("1", "2")
    later(hours=1)

    def dies(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(hours, "_cover", dies)
        with pytest.raises(MemoryError), transaction.atomic():
            hours.close_due("worker w")
    assert not AuditEvent.objects.exists()
    assert hours.close_due("worker w") == 1
    assert AuditEvent.objects.get().detail.detail["totals"] == {"artifact.read": 2}


def test_a_count_that_comes_late_is_a_further_row_and_leaf(later) -> None:
    counted("1")
    later(hours=1)
    hours.close_due("worker w")
    later(hours=0)
    counted("1")  # by a clock that is behind: the hour was closed
    later(hours=1)
    assert hours.close_due("worker w") == 1
    assert list(HourlyCount.objects.values_list("count", flat=True)) == [1, 1]


def test_a_clock_that_was_put_back_closes_nothing_early_and_loses_nothing(later) -> None:
    later(hours=3)
    counted("1")
    later(hours=0)
    assert hours.close_due("worker w") == 0
    later(hours=4)
    assert hours.close_due("worker w") == 1


def test_an_erased_person_is_in_no_count_and_every_proof_stays_valid(keyring: Keyring, later) -> None:
    counted("1", "2", actor="bob")
    later(hours=1)
    hours.close_due("worker w")
    log(keyring)
    before = [hours.proof_of(row) for row in HourlyCount.objects.order_by("pk")]
    counted("3", "4", actor="bob")  # an hour that lasts
    erase_person("bob", actor="root")
    assert not HourlyCount.objects.filter(actor="bob").exists()
    assert not HourlyCount.objects.exclude(event=None).exclude(salt=None).exists()
    assert [hours.proof_of(row) for row in HourlyCount.objects.exclude(event=None).order_by("pk")] == before
    later(hours=2)
    hours.close_due("worker w")
    log(keyring)
    check = verify_log(keyring)
    assert (check.problems, check.counts) == ([], 4)


@pytest.mark.parametrize("change", [{"count": 1}, {"subject_id": "9"}, {"verb": "job.read"}, {"who": "00"}], ids=str)
def test_a_changed_count_fails_the_self_check_and_its_proof(keyring: Keyring, later, change: dict[str, object]) -> None:
    counted("1", "1", "2")
    later(hours=1)
    hours.close_due("worker w")
    log(keyring)
    HourlyCount.objects.filter(subject_id="1").update(**change)
    assert any("counts beside it" in problem for problem in verify_log(keyring).problems)
    with pytest.raises(ProofFails):
        hours.proof_of(HourlyCount.objects.first())


def test_a_name_put_into_a_count_fails_the_self_check(keyring: Keyring, later) -> None:
    counted("1")
    later(hours=1)
    hours.close_due("worker w")
    log(keyring)
    HourlyCount.objects.update(actor="eve")
    assert verify_log(keyring).problems == ["event 0: the name in count 0 is not what it commits to"]


def test_a_count_that_is_gone_fails_the_self_check(keyring: Keyring, later) -> None:
    counted("1", "2")
    later(hours=1)
    hours.close_due("worker w")
    log(keyring)
    HourlyCount.objects.filter(subject_id="2").delete()
    assert len(verify_log(keyring).problems) == 1
