"""What an upload is made of, whichever way it came: members that are read by content and never trusted by name."""

from __future__ import annotations

import lzma
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from models_store.errors import InvalidInput
from workers.contracts import Problem

UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError)
NAME_LENGTH = 200
JUNK = {".ds_store", "thumbs.db", "desktop.ini", "__macosx"}


class UploadRefused(InvalidInput):
    """The upload as a whole cannot be taken."""

    code = "upload_refused"


class BadFile(InvalidInput):
    """One file of the upload cannot be taken; the others may be."""

    code = "bad_file"

    @property
    def problem(self) -> Problem:
        """The error as a line of the result."""
        return Problem(str(self.field), self.code, str(self.expected), str(self.got))


@dataclass(frozen=True)
class Limits:
    """How much one upload may ask: sizes in bytes, `ratio` is unpacked to packed, `pixels` those of one picture."""

    entries: int = 200_000
    total_bytes: int = 32 << 30
    picture_bytes: int = 256 << 20
    ratio: int = 200
    ratio_from_bytes: int = 1 << 20
    pixels: int = 50_000_000
    stored_bytes: int = 4 << 30


@dataclass(frozen=True)
class Member:
    """One file of an upload. `path` (slashes) serves messages, order and class names; nothing is opened by it."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]

    def read(self, most: int) -> bytes:
        """The first `most` bytes; BadFile where they do not unpack."""
        try:
            with self.open() as stream:
                return stream.read(most)
        except UNREADABLE as error:
            raise damaged(self.path, error) from error


def file_member(path: Path, label: str) -> Member:
    """A file on disk as a member called `label`."""
    return Member(label, path.stat().st_size, lambda: path.open("rb"))


def damaged(path: str, error: Exception) -> BadFile:
    """The BadFile for a file whose packed bytes do not unpack."""
    return BadFile(
        code="file_damaged", field=path, expected="a file that unpacks", got=shown(str(error)) or type(error).__name__
    )


def shown(path: str) -> str:
    """A name as it may stand in a message: slashes, no control characters, no endless length."""
    plain = "".join(char if char.isprintable() else "?" for char in path.replace("\\", "/"))
    return plain if len(plain) <= NAME_LENGTH else plain[: NAME_LENGTH - 1] + "…"


def is_junk(path: str) -> bool:
    """Whether a desktop system left this file there, not the user."""
    return any(part.startswith("._") or part.lower() in JUNK for part in path.split("/"))


def in_order(members: list[Member]) -> list[Member]:
    """Sorted by path, so that the order inside an archive does not matter."""
    return sorted(members, key=lambda member: (member.path, member.size))


def folder_members(folder: Path, limits: Limits) -> tuple[list[Member], list[Problem]]:
    """The files below a folder; symbolic links are listed, never followed."""
    members: list[Member] = []
    problems: list[Problem] = []
    for here, folders, files in os.walk(folder):
        for path in (Path(here) / name for name in [*files, *folders]):
            label = shown(path.relative_to(folder).as_posix())
            if path.is_symlink():
                problems.append(Problem(label, "symlink", "a file", "a symbolic link"))
            elif path.is_file() and not is_junk(label):
                members.append(file_member(path, label))
        if len(members) > limits.entries:
            raise UploadRefused(
                "The folder holds too many files.",
                code="too_many_files",
                field=shown(folder.name),
                expected=f"at most {limits.entries:,} files",
                got="more",
            )
    return in_order(members), problems
