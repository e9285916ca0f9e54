"""Opens a zip that a stranger sent: bounded, by content, and without writing one byte to disk."""

from __future__ import annotations

import stat
import struct
import zipfile
from functools import partial
from pathlib import Path
from typing import IO

from workers.contracts import Problem
from workers.modalities.members import UNREADABLE, Limits, Member, UploadRefused, in_order, is_junk, shown

END = b"PK\x05\x06"
END_64 = b"PK\x06\x06"
END_BYTES = 22 + 65_535  # the end record and the longest comment
DIRECTORY_BYTES_PER_ENTRY = 160
ENCRYPTED = 0x1


def directory_bytes(stream: IO[bytes]) -> int:
    """How large the zip says its central directory is (APPNOTE 4.3.14, 4.3.16); 0 where there is no end record.

    Python's reader takes the whole directory into memory first, about ten times its size.
    """
    size = stream.seek(0, 2)
    stream.seek(max(0, size - END_BYTES - 76))  # 76: the zip64 end record and its locator stand before
    tail = stream.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        return 0
    said = int(struct.unpack_from("<L", tail, at + 12)[0])
    wide = tail.rfind(END_64, 0, at)
    if said == 0xFFFFFFFF and wide >= 0 and len(tail) >= wide + 56:
        said = int(struct.unpack_from("<Q", tail, wide + 40)[0])
    return said


def open_zip(path: Path, name: str, limits: Limits) -> zipfile.ZipFile:
    """The archive, or UploadRefused: zip_corrupt, zip_empty, too_many_files, zip_bomb."""
    most = limits.entries * DIRECTORY_BYTES_PER_ENTRY
    with path.open("rb") as stream:
        listed = directory_bytes(stream)
    if listed > most:
        raise _too_many(name, limits, f"a directory of {listed:,} bytes")
    try:
        archive = zipfile.ZipFile(path)
    except (*UNREADABLE, ValueError, struct.error) as error:
        raise UploadRefused(
            "The zip archive is damaged or incomplete.",
            code="zip_corrupt",
            field=name,
            expected="a zip archive that opens",
            got=shown(str(error)),
        ) from error
    files = [info for info in archive.infolist() if not info.is_dir()]
    total, packed = sum(info.file_size for info in files), max(1, path.stat().st_size)
    if not files:
        detail = "The zip archive holds no files."
        raise UploadRefused(detail, code="zip_empty", field=name, expected="at least 2 files", got="0 files")
    if len(files) > limits.entries:
        raise _too_many(name, limits, f"{len(files):,} files")
    if total > limits.total_bytes or (total > limits.ratio * packed and total > 64 * limits.ratio_from_bytes):
        raise UploadRefused(
            "The zip archive unpacks to far more than it should.",
            code="zip_bomb",
            field=name,
            expected=f"at most {limits.total_bytes:,} bytes and {limits.ratio} times the archive's size",
            got=f"{total:,} bytes, {total // packed} times",
        )
    return archive


def _too_many(name: str, limits: Limits, got: str) -> UploadRefused:
    detail = "The zip archive holds too many files."
    return UploadRefused(
        detail, code="too_many_files", field=name, expected=f"at most {limits.entries:,} files", got=got
    )


def zip_members(archive: zipfile.ZipFile, limits: Limits) -> tuple[list[Member], list[Problem]]:
    """The entries that may be read, and the ones that may not, each with its reason."""
    members: list[Member] = []
    problems: list[Problem] = []
    for info in archive.infolist():
        if info.is_dir() or is_junk(info.filename.replace("\\", "/")):
            continue
        wrong = unsafe(info, limits)
        if wrong:
            problems.append(Problem(shown(info.filename), *wrong))
        else:
            members.append(Member(shown(info.filename), info.file_size, partial(archive.open, info)))
    return in_order(members), problems


def unsafe(info: zipfile.ZipInfo, limits: Limits) -> tuple[str, str, str] | None:
    """Why an entry is not read (code, expected, got), or None where it may be."""
    path = info.orig_filename.replace("\\", "/")
    if path.startswith("/") or path[1:2] == ":" or ".." in path.split("/") or "\0" in path:
        return "unsafe_name", "a relative name without '..'", shown(path)
    if stat.S_ISLNK(info.external_attr >> 16):
        return "symlink", "a file", "a symbolic link"
    if info.flag_bits & ENCRYPTED:
        return "encrypted", "a file without password", "an encrypted file"
    if info.file_size > max(limits.ratio_from_bytes, limits.ratio * info.compress_size):
        got = f"{info.compress_size:,} bytes that unpack to {info.file_size:,}"
        return "zip_bomb", f"at most {limits.ratio} times the packed size", got
    return None
