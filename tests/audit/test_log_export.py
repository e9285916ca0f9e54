"""An export holds every leaf below the newest head, what checks them, and no more about people than was asked for."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from events import event, events

from audit import sequencer
from audit.export import export
from audit.leaves import commitment
from audit.models import AuditEvent, TreeHead
from audit.proofs import NotInLogYet
from audit.services import erase_person
from models_store import merkle
from models_store.key_rotation import rotate
from models_store.keys import Keyring, create_keyring

pytestmark = pytest.mark.django_db


def grown(keyring: Keyring, count: int) -> TreeHead:
    """A log with so many events more, and its head."""
    events(count)
    sequencer.sequence()
    head = sequencer.sign_head(keyring)
    assert head is not None
    return head


def exported(keyring: Keyring, **said: Any) -> list[dict[str, Any]]:
    """The lines of an export, read."""
    return [json.loads(line) for line in export(keyring, actor="root", **said)]


def test_the_leaves_of_the_file_give_the_root_of_its_head(keyring: Keyring) -> None:
    grown(keyring, 7)
    first, *leaves, _last = exported(keyring)
    assert merkle.root_of([line["leaf"].encode() for line in leaves]).hex() == first["head"]["root"]


def test_leaves_stand_in_order_and_the_last_line_counts_them(keyring: Keyring) -> None:
    grown(keyring, 5)
    _first, *leaves, last = exported(keyring)
    assert [line["index"] for line in leaves] == list(range(5))
    assert last == {"end": True, "count": 5}


def test_the_first_line_is_the_newest_head_as_rest_gives_it_with_its_key(keyring: Keyring) -> None:
    grown(keyring, 2)
    head = grown(keyring, 2)
    first = exported(keyring)[0]
    assert (first["format"], first["version"], first["head"]) == ("kilnmark-audit-export", 1, head.as_dict())
    assert head.key_id in first["public_keys"]


def test_keys_that_signed_earlier_heads_are_in_the_file_and_those_of_bundles_are_not(tmp_path: Path) -> None:
    old = create_keyring(tmp_path / "keys")
    grown(old, 1)
    rotate(tmp_path / "keys", "bundle")
    new = rotate(tmp_path / "keys", "log")
    assert set(exported(new)[0]["public_keys"]) == {old.log.key_id, new.log.key_id}


def test_events_that_no_head_covers_are_left_out(keyring: Keyring) -> None:
    grown(keyring, 3)
    events(2)
    sequencer.sequence()
    assert exported(keyring)[-1]["count"] == 3


def test_without_details_nobody_is_named(keyring: Keyring) -> None:
    event(actor="Grace Hopper")
    grown(keyring, 3)
    text = json.dumps(exported(keyring))
    assert "Grace" not in text
    assert "waits" not in text


def test_with_details_each_commitment_can_be_opened(keyring: Keyring) -> None:
    grown(keyring, 3)
    for line in exported(keyring, details=True)[1:-1]:
        leaf, salt = json.loads(line["leaf"]), bytes.fromhex(line["salt"])
        assert leaf["actor"] == commitment(salt, "actor", line["actor"])
        assert leaf["detail"] == commitment(salt, "detail", line["detail"])


def test_what_was_erased_says_so_and_keeps_its_leaf(keyring: Keyring) -> None:
    grown(keyring, 2)
    erase_person("ada", actor="root")
    lines = exported(keyring, details=True)[1:-1]
    assert [set(line) for line in lines] == [{"index", "leaf", "erased"}] * 2


def test_a_leaf_that_is_no_text_stands_in_base64(keyring: Keyring) -> None:
    grown(keyring, 1)
    AuditEvent.objects.update(leaf=b"\xff\x00")
    assert base64.b64decode(exported(keyring)[1]["leaf_base64"]) == b"\xff\x00"


def test_a_log_without_a_signed_head_has_no_export(keyring: Keyring) -> None:
    with pytest.raises(NotInLogYet):
        export(keyring, actor="root")
    assert not AuditEvent.objects.exists()


def test_that_the_log_was_taken_out_is_an_event(keyring: Keyring) -> None:
    grown(keyring, 1)
    exported(keyring, details=True)
    taken = AuditEvent.objects.get(verb="audit.exported")
    assert (taken.actor, taken.detail.detail) == ("root", {"size": 1, "details": True})


def test_leaves_are_read_batch_by_batch(keyring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.export._BATCH", 4)
    grown(keyring, 10)
    lines = export(keyring, actor="root")
    with CaptureQueriesContext(connection) as asked:
        for _ in range(6):  # the first line and five leaves: two batches, not three
            next(lines)
    assert len(asked.captured_queries) == 2
    assert len(list(lines)) == 6


def test_an_event_of_any_text_is_one_line(keyring: Keyring) -> None:
    event(detail={"reason": "a\nb\u2028c\u0085 生成"})
    sequencer.sequence()
    sequencer.sign_head(keyring)
    text = b"".join(export(keyring, actor="root", details=True))
    assert len(io.BytesIO(text).readlines()) == len(text.decode().splitlines()) == 3


def test_the_command_writes_a_whole_file_that_others_cannot_read(
    keyring: Keyring, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grown(keyring, 4)
    call_command("export_log", str(tmp_path / "log.jsonl"))
    assert [place.name for place in tmp_path.iterdir()] == ["log.jsonl"]
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o777 == 0o600
    assert "4 leaves" in capsys.readouterr().out


def test_the_command_leaves_a_file_that_is_there_alone(keyring: Keyring, tmp_path: Path) -> None:
    grown(keyring, 1)
    (tmp_path / "log.jsonl").write_text("kept")
    with pytest.raises(CommandError):
        call_command("export_log", str(tmp_path / "log.jsonl"))
    assert (tmp_path / "log.jsonl").read_text() == "kept"


def test_the_command_leaves_nothing_where_there_is_no_log_yet(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("export_log", str(tmp_path / "log.jsonl"))
    assert not list(tmp_path.iterdir())


def test_the_leaf_hash_needs_nothing_but_the_text_of_the_leaf(keyring: Keyring) -> None:
    grown(keyring, 1)
    leaf = exported(keyring)[1]["leaf"].encode()
    assert hashlib.sha256(b"\x00" + leaf).digest() == AuditEvent.objects.get(index=0).leaf_hash
