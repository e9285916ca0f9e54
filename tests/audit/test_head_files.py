"""When a head is due, and heads as files elsewhere: they show a past that was rewritten together with its heads."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from events import events

from audit import alarms, head_files, sequencer
from audit.models import AuditEvent, LogAlarm, TreeHead, TreeNode
from audit.selfcheck import verify_log
from config import clock
from jobs import sweep
from models_store import merkle
from models_store.evidence import check_head
from models_store.keys import Keyring

pytestmark = pytest.mark.django_db
LIMITS = {"every": timedelta(seconds=60), "events": 1000}


def grown(keyring: Keyring, count: int) -> TreeHead:
    """So many events more, and a head over them."""
    events(count)
    sequencer.sequence()
    head = sequencer.sign_head(keyring)
    assert head is not None
    return head


def due_after(**by: float) -> bool:
    return sequencer.head_due(timezone.now() + timedelta(**by), **LIMITS)


def test_the_first_head_is_due_with_the_first_event() -> None:
    assert not due_after()
    events(1)
    sequencer.sequence()
    assert due_after()


def test_a_head_is_due_a_minute_after_the_last_one_and_not_before(keyring: Keyring) -> None:
    grown(keyring, 1)
    events(1)
    sequencer.sequence()
    assert (due_after(seconds=50), due_after(seconds=61)) == (False, True)


def test_a_log_that_rests_is_never_due(keyring: Keyring) -> None:
    grown(keyring, 1)
    assert not due_after(days=9)


def test_a_head_is_due_after_so_many_events(keyring: Keyring) -> None:
    grown(keyring, 1)
    events(4)
    sequencer.sequence()
    now = timezone.now()
    minute = timedelta(seconds=60)
    assert [sequencer.head_due(now, every=minute, events=most) for most in (5, 4)] == [False, True]


def test_a_clock_that_was_put_back_makes_no_head_wait(keyring: Keyring) -> None:
    grown(keyring, 1)
    events(1)
    sequencer.sequence()
    assert due_after(hours=-1)


def test_a_tree_that_shrank_is_due_so_that_it_is_found(keyring: Keyring) -> None:
    grown(keyring, 3)
    AuditEvent.objects.filter(index=2).delete()
    assert due_after()


def test_the_sweeper_signs_when_a_head_is_due_or_asked_for(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    for count, asked in ((1, False), (2, False), (3, True)):
        events(1)
        sweep.sequence(asked=asked)
        assert TreeHead.objects.first().size == (1 if count < 3 else 3)
    events(1)
    at = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: at)
    sweep.sequence()
    assert TreeHead.objects.first().size == 4


def test_each_new_head_becomes_a_file_that_the_public_key_checks(keyring: Keyring, tmp_path: Path) -> None:
    heads = [grown(keyring, 2), grown(keyring, 1)]
    assert [head_files.write_heads(tmp_path, lambda: keyring) for _ in range(2)] == [2, 0]
    heads.append(grown(keyring, 4))
    assert head_files.write_heads(tmp_path, lambda: keyring) == 1
    found = dict(head_files.files(tmp_path))
    assert sorted(found) == [head.size for head in heads]
    said = json.loads(found[7].read_text())
    assert {name: said[name] for name in heads[2].as_dict()} == heads[2].as_dict()
    check_head(said, keyring.log.public)
    assert not list(tmp_path.glob("*/.*"))


def test_a_process_that_starts_anew_goes_on_where_the_files_end(keyring: Keyring, tmp_path: Path) -> None:
    grown(keyring, 2)
    head_files.write_heads(tmp_path, lambda: keyring)
    head_files._written.clear()
    grown(keyring, 1)
    assert head_files.write_heads(tmp_path, lambda: keyring) == 1


def test_keys_are_read_only_where_there_is_a_head_to_write(keyring: Keyring, tmp_path: Path) -> None:
    grown(keyring, 1)
    asked: list[Keyring] = []
    for _ in range(2):
        head_files.write_heads(tmp_path, lambda: asked.append(keyring) or keyring)
    assert len(asked) == 1


def test_a_head_that_lies_there_is_never_overwritten(keyring: Keyring, tmp_path: Path) -> None:
    head = grown(keyring, 2)
    head_files.write_heads(tmp_path, lambda: keyring)
    (place,) = (place for _, place in head_files.files(tmp_path))
    TreeHead.objects.update(root="00" * 32)
    head_files._written.clear()
    head_files._write(place.parent, TreeHead.objects.get().as_dict())
    assert head_files.read(place)["root"] == head.root


def test_a_past_rewritten_with_all_its_nodes_and_heads_shows_against_the_files(
    keyring: Keyring, tmp_path: Path
) -> None:
    grown(keyring, 3)
    head_files.write_heads(tmp_path, lambda: keyring)
    row = AuditEvent.objects.get(index=1)
    AuditEvent.objects.filter(pk=row.pk).update(
        leaf=bytes(row.leaf).replace(b"job.queued", b"job.failed"), verb="job.failed"
    )
    leaves = [bytes(leaf) for leaf in AuditEvent.objects.order_by("index").values_list("leaf", flat=True)]
    for (level, place), value in merkle.grow(lambda *_: b"", 0, map(merkle.leaf_hash, leaves)).items():
        TreeNode.objects.filter(level=level, index=place).update(hash=value)
    TreeHead.objects.all().delete()
    sequencer.sign_head(keyring)
    assert verify_log(keyring).ok  # it fits itself
    assert any("its past was rewritten" in problem for problem in verify_log(keyring, tmp_path).problems)


def test_a_log_that_was_cut_shows_against_the_files(keyring: Keyring, tmp_path: Path) -> None:
    grown(keyring, 3)
    head_files.write_heads(tmp_path, lambda: keyring)
    TreeHead.objects.all().delete()
    TreeNode.objects.all().delete()
    AuditEvent.objects.all().delete()
    grown(keyring, 1)
    assert any("covers more than" in problem for problem in verify_log(keyring, tmp_path).problems)


def test_a_file_that_is_no_head_is_named(keyring: Keyring, tmp_path: Path) -> None:
    grown(keyring, 1)
    head_files.write_heads(tmp_path, lambda: keyring)
    (place,) = (place for _, place in head_files.files(tmp_path))
    place.write_text("[]")
    assert any(place.name in problem for problem in verify_log(keyring, tmp_path).problems)


def test_a_folder_that_is_away_is_an_alarm_until_it_is_back(settings, tmp_path: Path) -> None:
    settings.HEADS_FOLDER = tmp_path / "mounted"
    events(1)
    sweep.sequence()
    assert TreeHead.objects.count() == 1  # signing goes on
    assert "cannot be written to their folder" in alarms.standing()[0]
    settings.HEADS_FOLDER.mkdir()
    sweep.sequence()
    assert (alarms.standing(), len(list(head_files.files(settings.HEADS_FOLDER)))) == ([], 1)
    assert LogAlarm.objects.get().ended_at is not None
