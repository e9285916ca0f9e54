"""`manage.py rotate_keys`: a new key, and an event that says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from models_store.keys import Keyring, create_keyring

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform's keyring."""
    create_keyring(tmp_path / "keys")
    monkeypatch.setattr(settings, "KEYS_FOLDER", tmp_path / "keys")
    return tmp_path / "keys"


def ids(folder: Path) -> dict[str, str]:
    ring = Keyring.load(folder)
    said = {"credential": ring.credential_id, "root": ring.root_id}
    return said | {"log": ring.log.key_id, "bundle": ring.bundle.key_id}


@pytest.mark.parametrize("which", ["credential", "log", "bundle"])
def test_one_key_changes_and_the_log_says_which(folder: Path, which: str, capsys: pytest.CaptureFixture[str]):
    before = ids(folder)
    call_command("rotate_keys", which)
    after = ids(folder)
    assert [name for name in before if before[name] != after[name]] == [which]
    event = AuditEvent.objects.get(verb="key.rotated")
    assert (event.subject_kind, event.subject_id) == ("audit", which)
    assert event.detail.detail == {"before": before[which], "after": after[which]}
    assert after[which] in capsys.readouterr().out


def test_the_root_key_is_asked_for_when_it_is_offline(folder: Path, tmp_path: Path):
    (folder / "offline").rename(tmp_path / "medium")
    before = ids(folder)
    with pytest.raises(CommandError, match="bring it back"):
        call_command("rotate_keys", "credential")
    assert (ids(folder), AuditEvent.objects.filter(verb="key.rotated").count()) == (before, 0)
    call_command("rotate_keys", "credential", "--root-key", str(tmp_path / "medium" / "root-key.pem"))
    assert ids(folder)["credential"] != before["credential"]


def test_a_new_root_is_made_only_when_the_old_key_is_gone(folder: Path, tmp_path: Path):
    with pytest.raises(CommandError, match="move it away"):
        call_command("rotate_keys", "root")
    (folder / "offline").rename(tmp_path / "lost")
    before = ids(folder)
    call_command("rotate_keys", "root")
    assert [name for name, said in ids(folder).items() if said != before[name]] == ["root"]
