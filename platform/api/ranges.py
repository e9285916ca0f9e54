"""A part of a file (RFC 9110, section 14): one range of bytes, if the client has the beginning of this very file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO

from models_store.errors import InvalidInput

SPEC = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class NoSuchRange(InvalidInput):
    """The file ends before that range."""

    code, http_status = "range_not_satisfiable", 416

    def __init__(self, size: int, got: str) -> None:
        super().__init__(field="Range", expected=f"within 0 to {size - 1}" if size else "no range", got=got)
        self.headers = {"Content-Range": f"bytes */{size}"}


@dataclass(frozen=True)
class Part:
    """`length` bytes from `start` on, of a file of `size` bytes."""

    start: int
    length: int
    size: int

    @property
    def content_range(self) -> str:
        """As the header says it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.size}"


class Section:
    """The bytes of a part, as a file that is read once; its end closes the file."""

    def __init__(self, file: BinaryIO, part: Part) -> None:
        self.file, self.left = file, part.length
        file.seek(part.start)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes."""
        data = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(data)
        return data

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def asked_part(asked: str, condition: str, tag: str, size: int) -> Part | None:
    """What `Range` and `If-Range` ask for of a file with this tag; None: all of it. Raises NoSuchRange.

    Several ranges are answered with the whole, as is what is no range of bytes, or meant another state of the file.
    """
    if condition and condition != tag:  # a weak tag or a date vouches for no byte (section 13.1.5)
        return None
    if not (said := SPEC.fullmatch(asked)) or not (said[1] or said[2]):
        return None
    if not said[1]:
        start, end = max(0, size - int(said[2])), size - 1
    else:
        start, end = int(said[1]), min(int(said[2] or size - 1), size - 1)
        if said[2] and int(said[2]) < start:
            return None
    if start >= size:
        raise NoSuchRange(size, asked)
    return Part(start, end - start + 1, size)
