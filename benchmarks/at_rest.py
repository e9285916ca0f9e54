"""What processes use and a home holds, read from outside: two looks, and what changed between them."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")  # in a second
DATABASE = "kilnmark.sqlite3"


@dataclass(frozen=True)
class Use:
    """What one process has used so far (proc(5)); `children_s` is that of children which have ended."""

    own_s: float
    children_s: float
    written_bytes: int

    @classmethod
    def of(cls, pid: int) -> Use:
        """By /proc/PID/stat and /proc/PID/io; FileNotFoundError where it has ended."""
        place = Path("/proc") / str(pid)
        user, system, child_user, child_system = map(
            int, place.joinpath("stat").read_text().rpartition(")")[2].split()[11:15]
        )
        said = dict(line.split(": ") for line in place.joinpath("io").read_text().splitlines())
        return cls((user + system) / TICKS, (child_user + child_system) / TICKS, int(said["write_bytes"]))


@dataclass(frozen=True)
class Look:
    """A platform at a moment: its processes, a digest of each table, and when each other file was written."""

    uses: Mapping[str, Use]
    tables: Mapping[str, str]
    files: Mapping[str, tuple[int, int]]

    @classmethod
    def at(cls, home: Path, pids: Mapping[str, int]) -> Look:
        """Reads the whole database, which is a small one."""
        return cls({name: Use.of(pid) for name, pid in pids.items()}, tables(home / DATABASE), files(home))

    def changed_tables(self, earlier: Look) -> list[str]:
        """Those whose rows are others than before."""
        return sorted(name for name, said in self.tables.items() if earlier.tables.get(name) != said)

    def changed_files(self, earlier: Look) -> list[str]:
        """Those that were written, made or removed."""
        return sorted(dict(set(self.files.items()) ^ set(earlier.files.items())))


def tables(database: Path) -> dict[str, str]:
    """The digest of the rows of every table."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
        names = [name for (name,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: _digest(rows.execute(f'SELECT * FROM "{name}"')) for name in names}  # noqa: S608


def _digest(rows: sqlite3.Cursor) -> str:
    found = hashlib.sha256()
    for row in rows:
        found.update(repr(row).encode())
    return found.hexdigest()


def files(home: Path) -> dict[str, tuple[int, int]]:
    """Path below the home -> (time of the last write in ns, bytes), without the database's own files."""
    found: dict[str, tuple[int, int]] = {}
    for path in home.rglob("*"):
        if path.is_file() and not path.name.startswith(DATABASE):
            said = path.stat()
            found[str(path.relative_to(home))] = said.st_mtime_ns, said.st_size
    return found
