"""A zip of stored members as it grows: what it still has to say of them lies on the disk, however many they are.

Local header, directory entry and end records: APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.14 to 4.3.16. One fixed date,
and no extra field but the offset of a member beyond 4 GiB: the same members give the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, cast

from models_store import names

PIECE = 1 << 20
_IN_MEMORY_BYTES = 1 << 16  # of the directory, before it lies on the disk
_DATE, _VERSION, _VERSION_64, _UNIX = 0x21, 10, 45, (3 << 8) + 20
_MOST_16, _MOST_32 = 0xFFFF, 0xFFFF_FFFF
_MODE = (stat.S_IFREG | 0o644) << 16
CRC_AT = 14, 16  # where the checksum (4 bytes) stands in a local header, and in a directory entry


class StoredZip:
    """Members are added one after the other; `finish` writes the directory. Names are the caller's to keep apart."""

    def __init__(self, place: Path) -> None:
        self.place, self.count, self.at = place, 0, 0
        self.file = place.open("w+b")
        self.directory = scratch(place.parent)

    def add(self, name: str, data: bytes | BinaryIO) -> tuple[bytes, int]:
        """Write one; SHA-256 and size of its header and bytes. An open file is read twice, in parts."""
        crc, size = _summed(data)
        head = local_header(name, crc, size)
        running = hashlib.sha256(head)
        self.file.write(head)
        for piece in _pieces(data):
            running.update(piece)
            self.file.write(piece)
        self.directory.write(directory_entry(name, crc, size, self.at))
        self.count, self.at = self.count + 1, self.at + len(head) + size
        return running.digest(), len(head) + size

    def finish(self) -> None:
        """Write the directory and close."""
        length = self.directory.tell()
        self.directory.seek(0)
        shutil.copyfileobj(self.directory, self.file, PIECE)
        self.file.write(ending(self.count, length, self.at))
        self.close()

    def close(self) -> None:
        """Let go of the files, whatever stands in them."""
        self.file.close()
        self.directory.close()


def scratch(folder: Path) -> IO[bytes]:
    """A file of ours alone, without a name, that is in memory while it is small."""
    return cast(IO[bytes], tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=str(folder)))


def local_header(name: str, crc: int, size: int) -> bytes:
    """What stands before the bytes of a member of less than 4 GiB."""
    path = names.relative(name).encode("ascii")
    return struct.pack("<4s5H3L2H", b"PK\3\4", _VERSION, 0, 0, 0, _DATE, crc, size, size, len(path), 0) + path


def directory_entry(name: str, crc: int, size: int, at: int) -> bytes:
    """How the directory names a member that begins `at` bytes into the file."""
    path, far = name.encode("ascii"), at >= _MOST_32
    extra = struct.pack("<2HQ", 1, 8, at) if far else b""
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", _UNIX, _VERSION_64 if far else _VERSION, 0, 0, 0, _DATE, crc, size, size, len(path),
        len(extra), 0, 0, 0, _MODE, min(at, _MOST_32),
    )  # fmt: skip
    return entry + path + extra


def ending(count: int, length: int, at: int) -> bytes:
    """What closes a zip with a directory of so many members and bytes that begins `at`."""
    few, short, near = min(count, _MOST_16), min(length, _MOST_32), min(at, _MOST_32)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, short, near, 0)
    if few < _MOST_16 and short < _MOST_32 and near < _MOST_32:
        return end
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, _UNIX, _VERSION_64, 0, 0, count, count, length, at
    )  # of 56 bytes, 12 of which are not counted
    return record + struct.pack("<4sLQL", b"PK\6\7", 0, at + length, 1) + end


def _summed(data: bytes | BinaryIO) -> tuple[int, int]:
    """CRC-32 and size."""
    crc = size = 0
    for piece in _pieces(data):
        crc, size = zlib.crc32(piece, crc), size + len(piece)
    return crc, size


def _pieces(data: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(data, bytes):
        yield data
        return
    data.seek(0, os.SEEK_SET)
    while piece := data.read(PIECE):
        yield piece
