"""The self-check comes by itself, slice by slice, and what it finds is an alarm until it is in order again."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from events import event, events

from audit import alarms, checking, selfcheck, sequencer
from audit.checking import check_due, newest
from audit.models import AuditDetail, AuditEvent, LogAlarm, SelfCheck, TreeHead, TreeNode
from config import clock
from jobs import sweep
from models_store.keys import Keyring

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def turn(keyring: Keyring):
    """`turn()`: a worker comes by."""
    return lambda: check_due(DAY, lambda: keyring, None, actor="worker w")


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    """`later(hours=1)` moves the clock."""

    def move(**by: float) -> None:
        at = timezone.now() + timedelta(**by)
        monkeypatch.setattr(clock, "now", lambda: at)

    return move


@pytest.fixture
def log(keyring: Keyring) -> None:
    """Nine events under two heads."""
    for count in (4, 5):
        events(count)
        sequencer.sequence()
        sequencer.sign_head(keyring)


def verbs() -> list[str]:
    return list(AuditEvent.objects.filter(verb__startswith="audit.").order_by("pk").values_list("verb", flat=True))


def test_a_whole_log_is_checked_once_a_day(log: None, turn: Any, later: Any) -> None:
    done = turn()
    assert (done.finished_at is not None, done.problems, done.position) == (True, [], 9)
    assert turn() is None
    later(hours=23)
    assert turn() is None
    later(hours=25)
    assert turn().pk != done.pk
    assert verbs() == ["audit.checked", "audit.checked"]


def test_a_log_that_is_empty_is_checked_too(turn: Any) -> None:
    assert turn().finished_at is not None


def test_a_clock_that_was_put_back_does_not_stop_the_checks(log: None, turn: Any, later: Any) -> None:
    later(days=300)
    turn()
    later(days=0)
    assert turn() is not None


def test_a_long_log_is_checked_in_slices_of_whatever_worker_comes_by(
    log: None, turn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selfcheck, "_BATCH", 2)
    monkeypatch.setattr(checking, "SLICE_S", 0.0)
    assert [turn().position for _ in range(5)] == [2, 4, 6, 8, 9]
    row = SelfCheck.objects.get()
    assert (row.as_dict()["heads"], row.as_dict()["details"], row.as_dict()["ok"]) == (2, 9, True)


def test_events_that_come_meanwhile_are_left_to_the_next_check(
    log: None, turn: Any, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selfcheck, "_BATCH", 4)
    monkeypatch.setattr(checking, "SLICE_S", 0.0)
    turn()
    events(3)
    sequencer.sequence()
    sequencer.sign_head(keyring)
    turn()
    assert (turn().problems, SelfCheck.objects.get().position) == ([], 9)


def test_details_that_are_erased_meanwhile_are_no_problem(
    log: None, turn: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from audit.services import erase_person

    monkeypatch.setattr(selfcheck, "_BATCH", 4)
    monkeypatch.setattr(checking, "SLICE_S", 0.0)
    turn()
    erase_person("ada", actor="root")
    turn()
    assert turn().problems == []


def test_two_workers_do_not_check_the_same_slice(log: None, turn: Any, keyring: Keyring) -> None:
    row = checking.start(actor="worker w")
    assert checking._taken(row, clock.now())
    assert turn() is None


def test_a_slice_whose_worker_died_is_taken_again(log: None, turn: Any, later: Any) -> None:
    assert checking._taken(checking.start(actor="worker w"), clock.now())
    later(minutes=3)
    assert turn().finished_at is not None


def test_a_worker_that_was_away_for_too_long_changes_nothing(log: None, turn: Any) -> None:
    old = checking.start(actor="worker w")
    turn()
    stale = checking._record(old, selfcheck.LogCheck.recalled(old.kept), "worker v")
    assert stale.finished_at is None
    assert SelfCheck.objects.get().finished_at is not None


def spoil_leaf() -> None:
    row = AuditEvent.objects.get(index=3)
    AuditEvent.objects.filter(pk=row.pk).update(leaf=bytes(row.leaf).replace(b"queued", b"failed"))


def spoil_node() -> None:
    TreeNode.objects.filter(level=1, index=1).update(hash=b"0" * 32)


def spoil_detail() -> None:
    AuditDetail.objects.filter(event__index=2).update(detail={"reason": "another"})


def spoil_head() -> None:
    TreeHead.objects.filter(size=4).update(root="00" * 32)


def spoil_signature() -> None:
    TreeHead.objects.filter(size=4).update(signature="00" * 64)


def spoil_erased() -> None:
    AuditDetail.objects.filter(event__index=2).delete()


def spoil_end() -> None:
    AuditEvent.objects.filter(index=8).delete()
    TreeNode.objects.filter(level=0, index=8).delete()


SPOILED = (spoil_leaf, spoil_node, spoil_detail, spoil_head, spoil_signature, spoil_erased, spoil_end)


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
@pytest.mark.django_db(transaction=True)
def test_whatever_is_spoiled_raises_the_alarm(
    spoil: Any, log: None, turn: Any, caplog: pytest.LogCaptureFixture
) -> None:
    spoil()
    with caplog.at_level(logging.CRITICAL):
        assert turn().problems
    assert "ALARM" in caplog.text
    assert alarms.standing()[0].startswith("the log's self-check found problems: ")
    assert "audit.alarm_raised" in verbs()


RUBBISH = {
    "detail": ("audit_auditdetail", "detail = 'no json'"),
    "number": ("audit_auditdetail", "detail = '{\"a\": 1e999}'"),
    "salt": ("audit_auditdetail", "salt = 'text'"),
    "time": ("audit_auditevent", "at = 'yesterday'"),
    "id of a project": ("audit_auditevent", "project_id = 'x'"),
    "leaf": ("audit_auditevent", "leaf = 7"),
    "list": ("audit_auditevent", "leaf = CAST('[1]' AS BLOB)"),
    "actor": ("audit_auditevent", "actor = x'ff'"),
    "node": ("audit_treenode", "hash = 'text'"),
    "root": ("audit_treehead", "root = x'00'"),
    "signature": ("audit_treehead", "signature = 'no hex'"),
    "key": ("audit_treehead", "key_id = 'another'"),
}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL takes no such values")
@pytest.mark.parametrize(("table", "rubbish"), RUBBISH.values(), ids=RUBBISH)
def test_what_cannot_be_read_at_all_is_a_problem_and_ends_no_check(
    table: str, rubbish: str, log: None, turn: Any
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(f"UPDATE {table} SET {rubbish}")
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
    done = turn()
    assert done.problems
    assert done.finished_at is not None


def test_an_alarm_stands_until_a_whole_check_finds_nothing(log: None, turn: Any, later: Any) -> None:
    kept = AuditDetail.objects.get(event__index=2).detail
    spoil_detail()
    turn()
    later(hours=25)
    turn()
    sequencer.sequence()
    assert len(alarms.standing()) == 1
    AuditDetail.objects.filter(event__index=2).update(detail=kept)
    later(hours=50)
    turn()
    sequencer.sequence()
    assert alarms.standing() == []
    assert [verb for verb in verbs() if "alarm" in verb] == ["audit.alarm_raised", "audit.alarm_ended"]


def test_the_newest_result_is_that_of_a_finished_check(log: None, turn: Any) -> None:
    assert newest() is None
    done = turn()
    checking.start(actor="root", asked=True)
    assert newest() == done
    assert verbs()[-1] == "audit.check_asked"


def test_asking_twice_begins_one_check(log: None) -> None:
    assert checking.start(actor="root", asked=True) == checking.start(actor="root", asked=True)


def test_an_event_without_a_place_for_a_minute_is_an_alarm(later: Any) -> None:
    event()
    later(seconds=50)
    assert alarms.standing() == []
    later(seconds=70)
    assert "for more than a minute" in alarms.standing()[0]


def test_a_changed_past_is_an_alarm_and_no_head_is_signed(log: None) -> None:
    TreeNode.objects.filter(level=3, index=0).update(hash=b"0" * 32)
    event()
    for _ in range(2):
        sweep.sequence(asked=True)
    assert TreeHead.objects.first().size == 9
    assert "past was changed" in alarms.standing()[0]
    assert verbs() == ["audit.alarm_raised"]  # once


def test_a_missing_node_is_an_alarm_too(log: None) -> None:
    TreeNode.objects.filter(level=3, index=0).delete()
    event()
    sweep.sequence(asked=True)
    assert "lacks a node" in LogAlarm.objects.get().said


def test_the_sweeper_checks(log: None, home: Path) -> None:
    sweep.check_log("w")
    assert SelfCheck.objects.get().finished_at is not None


@pytest.mark.parametrize(
    "said", [{}, {"reason": 1e21, "text": "生成", "ﬀ": 2, "𐀀": 1}, {"none": None, "list": [1, 5.0]}]
)
def test_details_of_any_kind_pass(said: dict[str, Any], turn: Any) -> None:
    event(actor='Ada \x7f\u2028"\\', detail=said)
    event(project=None, items_root="ab" * 32, subject=("user", 'quote"d'))
    sequencer.sequence()
    assert turn().problems == []
