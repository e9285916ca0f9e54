"""Texts as they are kept: documents without repeats, known by their content."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Problem
from workers.modalities.file_signs import HEAD_BYTES, format_of, in_words
from workers.modalities.members import BadFile, Limits, Member, UploadRefused
from workers.modalities.text_encoding import encoding_of, pieces
from workers.modalities.text_upload import TextUpload

MOST_DOCUMENTS = 2_000_000
BLOCK_CHARACTERS = 1 << 20
TEXT_LIMITS = Limits(total_bytes=4 << 30, stored_bytes=512 << 20)  # as they unpack, and kept as UTF-8


@dataclass(frozen=True, slots=True)
class Document:
    """One text: UTF-8 in parts, each of whole characters."""

    parts: tuple[bytes, ...]
    characters: int

    @property
    def digest(self) -> bytes:
        """sha256 of the text."""
        made = hashlib.sha256()
        for part in self.parts:
            made.update(part)
        return made.digest()


@dataclass
class Gathered:
    """What has come so far, by sha256 of the text. `encodings` counts files."""

    unit: Literal["file", "line"]
    encoding: str
    limits: Limits
    kept: dict[bytes, Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    encodings: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    stored_bytes: int = 0

    def take(self, member: Member) -> None:
        """Read one file whole, then keep its documents; BadFile leaves nothing of it behind."""
        kind = format_of(member.read(HEAD_BYTES))
        if kind in ("zip", "gzip", "archive"):
            raise BadFile(
                code="nested_archive", field=member.path, expected="a text file", got=in_words(member.read(HEAD_BYTES))
            )
        encoding = encoding_of(member) if self.encoding == "auto" else self.encoding
        documents = list(self._documents(member, encoding))
        if not documents:
            got = f"{member.size:,} bytes without a visible character"
            raise BadFile(code="empty_text", field=member.path, expected="a text", got=got)
        self.encodings[encoding] += 1
        for document in documents:
            digest = document.digest
            if digest in self.kept:
                self.duplicates += 1
            else:
                self.kept[digest] = document
                self.stored_bytes += sum(map(len, document.parts))

    def _documents(self, member: Member, encoding: str) -> Iterator[Document]:
        """The documents of a file that hold more than blanks; UploadRefused (dataset_too_large) in the middle of it."""
        parts: list[bytes] = []
        size, count, characters, visible = self.stored_bytes, len(self.kept), 0, False
        for piece in pieces(member, encoding):
            size += len(piece.encode()) if not piece.isascii() else len(piece)
            if size > self.limits.stored_bytes:
                raise self._too_large(f"{self.limits.stored_bytes:,} bytes of text (as UTF-8)")
            if self.unit == "file":
                visible = visible or bool(piece.strip())
                characters += len(piece)
                parts.append(piece.encode())
                continue
            lines = [line for line in piece.split("\n") if line and not line.isspace()]
            count += len(lines)
            if count > MOST_DOCUMENTS:
                raise self._too_large(f"{MOST_DOCUMENTS:,} lines")
            yield from (Document((line.encode(),), len(line)) for line in lines)
        if visible:
            yield Document(tuple(parts), characters)

    @staticmethod
    def _too_large(most: str) -> UploadRefused:
        detail = "The texts are more than one data set may have."
        return UploadRefused(detail, code="dataset_too_large", field="upload", expected=f"at most {most}", got="more")


def gather(upload: TextUpload, into: Gathered) -> Iterator[int]:
    """Take all files of an upload; yields how many were seen."""
    into.problems += upload.problems
    for seen, member in enumerate(upload.members, start=1):
        try:
            into.take(member)
        except BadFile as bad:
            into.problems.append(bad.problem)
        yield seen


def code_points(parts: Iterable[bytes]) -> Iterator[NDArray[np.uint32]]:
    """UTF-8 parts as code points, in blocks of about a million."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= BLOCK_CHARACTERS:
            yield np.frombuffer(b"".join(held).decode().encode("utf-32-le"), "<u4")
            held, size = [], 0
    if held:
        yield np.frombuffer(b"".join(held).decode().encode("utf-32-le"), "<u4")
