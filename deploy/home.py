"""KILNMARK_HOME: where everything the platform writes lies, and who may read it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.errors import NoPermission

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Home:
    """The folders and files of one installation; the names are a contract with platform/config/settings.py."""

    path: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Home:
        """KILNMARK_HOME, else `var/` in the checkout."""
        said = environment.get("KILNMARK_HOME", "").strip()
        return cls((Path(said).expanduser() if said else ROOT / "var").resolve())

    @property
    def run(self) -> Path:
        """Sockets, locks and what is running now."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        """One file for each supervised process."""
        return self.path / "logs"

    @property
    def up_file(self) -> Path:
        """What runs: {url, ready, pid, pids}."""
        return self.run / "up.json"

    @property
    def password_file(self) -> Path:
        """The first password of user admin."""
        return self.path / "admin-password"

    def make(self) -> None:
        """The folders, closed to other users."""
        try:
            for folder in (self.path, self.run, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            probe = self.run / f"probe-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as refused:
            raise NoPermission(
                f"{self.path} cannot be written ({refused.strerror}): set KILNMARK_HOME to a folder of your own.",
                field="KILNMARK_HOME",
                got=str(self.path),
            ) from refused

    def make_secret_key(self) -> None:
        """Django's key for sessions, once."""
        file = self.path / "secret-key"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(64) + "\n")

    def read_up(self) -> dict[str, Any]:
        """What `up.json` says; empty where it says nothing."""
        try:
            said = json.loads(self.up_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return said if isinstance(said, dict) else {}


def write_private(file: Path, text: str) -> None:
    """Write a file in one move, readable by its owner alone from the first byte."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    fresh.replace(file)
