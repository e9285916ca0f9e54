"""An upload of texts: one file, a zip of files or a folder; each is read by content."""

from __future__ import annotations

import zipfile
from pathlib import Path

from models_store.errors import InvalidInput
from workers.contracts import Problem
from workers.modalities.file_signs import HEAD_BYTES, format_of
from workers.modalities.members import Limits, Member, UploadRefused, file_member, folder_members, shown
from workers.modalities.zip_guard import open_zip, zip_members

UPLOADS_IN_WORDS = "a text file, or a zip or folder of text files"


class TextUpload:
    """The files of one upload, `members`, and what could not even be opened, `problems`."""

    def __init__(self, path: Path, name: str, limits: Limits) -> None:
        """Raises UploadRefused: empty_text, upload_empty, zip_corrupt, zip_empty, too_many_files, zip_bomb."""
        self.name = shown(name or path.name)
        self.problems: list[Problem] = []
        self._archive: zipfile.ZipFile | None = None
        self.members = self._members(path, limits)

    def _members(self, path: Path, limits: Limits) -> list[Member]:
        if path.is_dir():
            members, self.problems = folder_members(path, limits)
            if not members and not self.problems:
                detail = "The folder holds no files."
                raise UploadRefused(
                    detail, code="upload_empty", field=self.name, expected=UPLOADS_IN_WORDS, got="no files"
                )
            return members
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
        if not head:
            detail = "The file is empty."
            raise UploadRefused(detail, code="empty_text", field=self.name, expected=UPLOADS_IN_WORDS, got="0 bytes")
        if format_of(head) != "zip":
            return [file_member(path, self.name)]
        self._archive = open_zip(path, self.name, limits)
        members, self.problems = zip_members(self._archive, limits)
        return members

    def close(self) -> None:
        """Close the archive, if it is one."""
        if self._archive:
            self._archive.close()


def nothing_usable(name: str, problems: list[Problem]) -> InvalidInput:
    """The error for an upload without one usable text: its code is the problems' own where they agree."""
    if not problems:
        detail = "The upload holds no text."
        return UploadRefused(detail, code="empty_text", field=name, expected=UPLOADS_IN_WORDS, got="no text")
    first = problems[0]
    alike = len({problem.code for problem in problems}) == 1
    listed = [{"file": p.file, "code": p.code, "expected": p.expected, "got": p.got} for p in problems[:20]]
    return UploadRefused(
        f"Nothing in {name} can be used ({len(problems):,} found unfit).",
        code=first.code if alike else "no_usable_text",
        field=first.file,
        expected=first.expected,
        got=first.got,
        problems=listed,
    )
