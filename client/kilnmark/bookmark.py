"""Where an upload stands, in a file: whoever was killed goes on from there."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from kilnmark.errors import FileChanged


@dataclass(frozen=True)
class Source:
    """A file as it was when its upload began."""

    path: Path
    size: int
    changed_ns: int

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> Source:
        """As it is now; OSError where there is none."""
        place = Path(path).resolve()
        found = place.stat()
        return cls(place, found.st_size, found.st_mtime_ns)

    def piece(self, start: int, size: int) -> bytes:
        """Some of its bytes; FileChanged where it is not what it was."""
        with self.path.open("rb") as file:
            file.seek(start)
            said = file.read(size)
            now = os.fstat(file.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.size, self.changed_ns) or not said:
            raise FileChanged(f"{self.path.name} was changed while it was sent; send it again.")
        return said


@dataclass(frozen=True)
class Note:
    """What is remembered of an upload: no token; `key` names what is to be made of the file once it has arrived."""

    base: str
    path: str
    size: int
    changed_ns: int
    home: str
    upload: str
    key: str
    arrived: bool = False


class Bookmark:
    """The file with a Note; without a place nothing is remembered."""

    def __init__(self, place: Path | None) -> None:
        self.place = place

    @classmethod
    def beside(cls, state: str | os.PathLike[str] | bool | None, base: str, source: Source, home: str) -> Bookmark:
        """At `state`; for True in a folder of its own for each file, platform and home; for None or False nowhere."""
        if state is True:
            name = hashlib.sha256(f"{base}\n{home}\n{source.path}".encode()).hexdigest()[:32]
            return cls(folder() / f"{name}.json")
        return cls(Path(state) if state else None)

    def read(self, base: str, source: Source, home: str) -> Note | None:
        """What was noted of this very file for this platform; None where it does not fit or cannot be read."""
        if self.place is None:
            return None
        try:
            note = Note(**json.loads(self.place.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        asked = (base, str(source.path), source.size, source.changed_ns, home)
        fits = (note.base, note.path, note.size, note.changed_ns, note.home) == asked
        return note if fits and isinstance(note.upload, str) and isinstance(note.key, str) else None

    def write(self, note: Note) -> None:
        """Whole or not at all, for nobody else to read."""
        if self.place is None:
            return
        self.place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = self.place.with_name(f".{self.place.name}.{secrets.token_hex(4)}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(note), file)
        os.replace(aside, self.place)

    def forget(self) -> None:
        """It is done, or there is nothing to go on from."""
        if self.place is not None:
            self.place.unlink(missing_ok=True)


def folder() -> Path:
    """$XDG_STATE_HOME/kilnmark/uploads."""
    home = os.environ.get("XDG_STATE_HOME", "")
    base = Path(home) if home else Path.home() / ".local" / "state"
    return base / "kilnmark" / "uploads"
