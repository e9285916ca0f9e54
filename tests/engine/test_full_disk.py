"""An engine whose disk is full says so to its parent, although it can write nothing more."""

from __future__ import annotations

import errno
import io
import json
from pathlib import Path

import pytest

from models_store.full_disk import no_room
from workers.engine.reports import Reports
from workers.engine.running import run

FULL = Path("/dev/full")
needs_it = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


@needs_it
def test_what_no_disk_takes_is_still_heard(tmp_path):
    (tmp_path / "reports.jsonl").symlink_to(FULL)
    heard = io.StringIO()
    report = Reports(tmp_path, heard)
    report.log("first")
    report.log("second")
    report.close()
    assert [json.loads(line)["message"] for line in heard.getvalue().splitlines()] == ["first", "second"]


@needs_it
def test_where_nobody_hears_it_the_fault_is_not_hidden(tmp_path):
    (tmp_path / "reports.jsonl").symlink_to(FULL)
    report = Reports(tmp_path)
    with pytest.raises(OSError, match="No space left"):
        report.log("first")
    report.close()


@needs_it
def test_an_attempt_on_a_full_disk_ends_with_its_reason(tmp_path, monkeypatch):
    (tmp_path / "reports.jsonl").symlink_to(FULL)
    monkeypatch.setattr("workers.engine.running.kind_of", lambda order: FULL.write_bytes(b"x" * 10_000))
    (tmp_path / "order.json").write_text("{}")
    heard = io.StringIO()
    assert run(tmp_path, heard) == 3
    said = json.loads(heard.getvalue())
    assert (said["type"], said["expected"], said["error"]["code"]) == ("failure", True, "disk_full")


def test_a_full_disk_is_known_by_what_a_library_made_of_it():
    said = RuntimeError("safetensors: I/O error: No space left on device (os error 28)")
    behind = ValueError("the picture could not be written")
    behind.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert no_room(said)
    assert no_room(behind)
    assert not no_room(OSError(errno.EACCES, "Permission denied"))
