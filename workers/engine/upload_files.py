"""The files that a stranger handed in to be verified: one, or those of a zip, each with what stands beside it.

Names in a zip are compared with each other and shown, never used as paths.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from models_store.archive import ArchiveLimits, ArchiveRefused, Members, open_archive
from models_store.errors import InvalidInput
from models_store.media_types import SIDECARS, beside, owner_of
from workers.engine.stranger import media_type_of
from workers.marks.c2pa_credential import EMBEDS, LARGEST_SIDECAR_BYTES
from workers.marks.c2pa_zip import CREDENTIAL

LARGEST_UPLOAD_BYTES = 1 << 30
LARGEST_FILE_BYTES = 64 << 20
MOST_FILES = 10_000
ENTRIES = (1 + len(SIDECARS)) * MOST_FILES + 1  # and the listing of an archive of ours
ZIP_LIMITS = ArchiveLimits(entries=ENTRIES, total_bytes=1 << 30, member_bytes=LARGEST_FILE_BYTES)


@dataclass(frozen=True)
class Handed:
    """One file as it came; `sidecars` has the credential and the label beside it, by the names of SIDECARS."""

    name: str
    data: bytes
    media_type: str
    sidecars: dict[str, bytes] = field(default_factory=dict)


def check_size(path: Path) -> None:
    """Raise InvalidInput for an empty file (`empty_upload`) or one of more than 1 GiB (`upload_too_large`)."""
    size = path.stat().st_size
    if size == 0:
        raise InvalidInput("The file is empty.", field="file", expected="at least one byte", got=0, code="empty_upload")
    if size > LARGEST_UPLOAD_BYTES:
        raise _too_large(f"at most {LARGEST_UPLOAD_BYTES} bytes", size)


def handed_in(path: Path, name: str) -> Iterator[Handed]:
    """The files to examine: each of a zip, or the upload itself; raises InvalidInput, ArchiveRefused."""
    if is_archive(path):
        try:
            with open_archive(path, ZIP_LIMITS) as members:
                yield from _of_zip(members)
        except (NotImplementedError, ValueError, struct.error) as error:  # the standard reader over a stranger's bytes
            raise ArchiveRefused("The archive cannot be read.", code="archive_damaged", got=str(error)[:100]) from error
        return
    if (size := path.stat().st_size) > LARGEST_FILE_BYTES:
        raise _too_large(f"at most {LARGEST_FILE_BYTES} bytes in one file", size)
    data = path.read_bytes()
    yield Handed(name, data, media_type_of(data))


def is_archive(path: Path) -> bool:
    """Whether the upload is looked into as a zip."""
    with path.open("rb") as file:
        return media_type_of(file.read(16)) == "application/zip"


def _of_zip(members: Members) -> Iterator[Handed]:
    """Files first; what is named like a sidecar of one comes after them, unless it was taken as that."""
    late = {name for name in members.files if owner_of(name) in members.files}
    taken: set[str] = set()
    if CREDENTIAL in members.files and media_type_of(members.read(CREDENTIAL)) == SIDECARS["c2pa"]:
        late.add(CREDENTIAL)  # that of the archive itself: c2pa_archive.read
        taken.add(CREDENTIAL)
    for name in members.files:
        if name not in late:
            data = members.read(name)
            media_type = media_type_of(data)
            sidecars = _sidecars(members, name, media_type)
            taken.update(beside(name, sidecar) for sidecar in sidecars)
            yield Handed(name, data, media_type, sidecars)
    for name in members.files:
        if name in late and name not in taken:
            data = members.read(name)
            yield Handed(name, data, media_type_of(data))


def _sidecars(members: Members, name: str, media_type: str) -> dict[str, bytes]:
    """What stands beside a file that carries nothing inside, as far as it is what its name says, and small enough."""
    if media_type in EMBEDS:
        return {}
    places = {sidecar: beside(name, sidecar) for sidecar in SIDECARS}
    there = {
        sidecar: members.read(place)
        for sidecar, place in places.items()
        if place in members.files and members.size(place) <= LARGEST_SIDECAR_BYTES
    }
    return {sidecar: data for sidecar, data in there.items() if media_type_of(data) == SIDECARS[sidecar]}


def _too_large(expected: str, got: int) -> InvalidInput:
    return InvalidInput("The file is too large.", field="file", expected=expected, got=got, code="upload_too_large")
