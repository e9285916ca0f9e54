"""Zip archives of artifacts: written the same way every time, and read with limits."""

from __future__ import annotations

import lzma
import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models_store import names
from models_store.errors import InvalidInput

_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)
_SMALL = 1 << 20  # bytes below which any ratio is harmless
_PART = 1 << 20  # bytes of a file that are copied at once


class ArchiveRefused(InvalidInput):
    """The archive is damaged, or larger than it may be."""

    code = "archive_refused"


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive from outside may be."""

    entries: int = 20_000
    total_bytes: int = 1 << 30
    member_bytes: int = 256 << 20
    ratio: float = 200.0  # unpacked over packed


def write_archive(path: Path, members: Iterable[tuple[str, bytes | BinaryIO]]) -> None:
    """Write members in their order, stored (not deflated) and with one fixed date: same members, same bytes.

    A member is bytes, or an open file of less than 2 GiB that is copied in parts.
    """
    fresh = path.with_name(path.name + ".new")
    seen: set[str] = set()
    try:
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_STORED) as archive:
            for name, data in members:
                if name in seen:
                    raise InvalidInput("Two members have one name.", field="members", got=name)
                seen.add(names.relative(name))
                info = zipfile.ZipInfo(name, _FIXED_DATE)
                info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
                info.extract_version = 10  # what stored members need, and what is written where they are signed
                if isinstance(data, bytes):
                    archive.writestr(info, data)
                    continue
                with archive.open(info, "w") as into:
                    shutil.copyfileobj(data, into, _PART)
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Members:
    """The files of an open archive, by name and in their order; what they state was checked, nothing is unpacked."""

    archive: zipfile.ZipFile
    files: Mapping[str, zipfile.ZipInfo]

    def read(self, name: str) -> bytes:
        """The bytes of one; ArchiveRefused names it."""
        return _read(self.archive, self.files[name])

    def size(self, name: str) -> int:
        """Bytes, as stated; no more are unpacked."""
        return self.files[name].file_size


@contextmanager
def open_archive(path: Path, limits: ArchiveLimits | None = None) -> Iterator[Members]:
    """An archive from outside; ArchiveRefused names the member and the limit."""
    with path.open("rb") as file:
        try:
            archive = zipfile.ZipFile(file)
        except _BROKEN as damaged:
            raise ArchiveRefused("This is no zip archive, or a damaged one.", code="archive_damaged") from damaged
        with archive:
            files = _checked(archive.infolist(), limits or ArchiveLimits())
            yield Members(archive, {member.filename: member for member in files})


def read_archive_members(path: Path, limits: ArchiveLimits | None = None) -> Iterator[tuple[str, bytes]]:
    """Each member's name and bytes, one at a time; raises as `open_archive`."""
    with open_archive(path, limits) as members:
        for name in members.files:
            yield name, members.read(name)


def _checked(members: list[zipfile.ZipInfo], limits: ArchiveLimits) -> list[zipfile.ZipInfo]:
    """The files among the members, once names and stated sizes were checked; nothing was unpacked yet."""
    if len(members) > limits.entries:
        raise ArchiveRefused(
            "The archive has too many entries.",
            code="archive_entries",
            expected=f"at most {limits.entries}",
            got=len(members),
        )
    files = [member for member in members if not member.filename.endswith("/")]
    seen: set[str] = set()
    for member in files:
        names.relative(member.filename)
        if member.filename in seen or stat.S_ISLNK(member.external_attr >> 16) or member.flag_bits & 1:
            raise ArchiveRefused(
                f"{member.filename} is a link, encrypted or there twice.", code="archive_member", field=member.filename
            )
        seen.add(member.filename)
        _check_size(member, limits)
    total = sum(member.file_size for member in files)
    if total > limits.total_bytes:
        raise ArchiveRefused(
            "The archive unpacks to too much.",
            code="archive_size",
            expected=f"at most {limits.total_bytes} bytes",
            got=total,
        )
    return files


def _check_size(member: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    most = limits.member_bytes
    if member.file_size > _SMALL:
        most = min(most, int(member.compress_size * limits.ratio))
    if member.file_size > most:
        raise ArchiveRefused(
            f"{member.filename} unpacks to too much.",
            code="archive_size",
            field=member.filename,
            expected=f"at most {most} bytes",
            got=member.file_size,
        )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """At most the stated size is unpacked (zipfile stops there); its checksum is checked."""
    try:
        return archive.read(member)
    except _BROKEN as damaged:
        raise ArchiveRefused(
            f"{member.filename} cannot be unpacked.", code="archive_damaged", field=member.filename
        ) from damaged
