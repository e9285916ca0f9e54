"""What an engine is asked by its folder, and what a process beside the first says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workers.engine.reports import Control, Muted


def asks(folder: Path, want: str) -> None:
    note = folder / "control.json.new"
    note.write_text(json.dumps({"want": want}))
    note.replace(folder / "control.json")


def test_a_wish_is_heard_when_it_comes_and_when_it_changes(tmp_path):
    control = Control(tmp_path)
    heard = [control()]
    for want in ("save", "", "pause", "cancel"):
        asks(tmp_path, want)
        heard += [control(), control()]
    assert heard == ["", "save", "save", "", "", "pause", "pause", "cancel", "cancel"]


@pytest.mark.parametrize(
    ("code", "expected", "said"),
    [("bug", False, True), ("out_of_memory", True, True), ("disk_full", True, True), ("diverged", True, False)],
)
def test_beside_the_first_only_failures_of_its_own_are_said(code, expected, said, tmp_path):
    reports = Muted(tmp_path)
    reports.progress(1, 2, "steps")
    reports.say("failure", error={"code": code, "detail": ""}, expected=expected)
    reports.close()
    assert (code in (tmp_path / "reports.jsonl").read_text()) is said
    assert "progress" not in (tmp_path / "reports.jsonl").read_text()
