"""The repository speaks of the product alone: no place on somebody's machine, no registry."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MACHINE = re.compile(r"(?<![\w.~$}>*-])/(?:" + "|".join(["work", "root", "Users"]) + r")/|/home/\w+/")
REGISTRY = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "pytorch" + r"\.org/whl"]), re.IGNORECASE)


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What git says in the checkout; skipped where this is no checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)


def texts() -> list[tuple[str, str]]:
    """(path, text) of every text file that is or would be tracked."""
    names = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    found = []
    for name in filter(None, names):
        try:
            found.append((name, (ROOT / name).read_text(encoding="utf-8")))
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
    return found


@pytest.mark.parametrize("forbidden", [MACHINE, REGISTRY], ids=["machine paths", "registry hosts"])
def test_no_tracked_file_names(forbidden: re.Pattern[str]) -> None:
    assert not [(name, match[0]) for name, text in texts() if (match := forbidden.search(text))]


@pytest.mark.parametrize("path", ["var/kilnmark.sqlite3", ".venv/bin/python", "platform/config/__pycache__/env.pyc"])
def test_what_the_platform_writes_is_ignored(path: str) -> None:
    assert git("check-ignore", "-q", path).returncode == 0


def test_nothing_that_is_ignored_is_tracked() -> None:
    assert git("ls-files", "--cached", "--ignored", "--exclude-standard").stdout == ""
