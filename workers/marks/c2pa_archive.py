"""Reads the credential of a job's archive: one C2PA manifest over a stored zip (C2PA 2.4, collection data hash).

The manifest lists every member with a hash over its header and bytes, and the zip's directory with another: an edited,
added, removed or renamed member shows. It lies in the archive as CREDENTIAL. What the hashes leave out is refused here:
bytes before the first member or between two, where another program might see another archive.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from workers.marks.c2pa_credential import found, opened
from workers.marks.c2pa_zip import BINDING, CREDENTIAL

OWN_FOLDER = "META-INF/"
ZIP = "application/x-zip"  # as the library calls it
MISMATCH = "assertion.collectionHash.mismatch"
NOT_PLAIN = "archive.notPlain"  # our own code for a zip with bytes that no member accounts for
MOST_NAMED = 20
LARGEST_MANIFEST_BYTES = 64 << 20  # about 300,000 members
_HEAD_BYTES, _ENTRY_BYTES, _END_BYTES = 30, 46, 22  # of a local header, a directory entry, the end (APPNOTE 4.3)
_END_64_BYTES = 76  # of what stands before the end where there are more than 65,535 members


def read(place: Path, root_pem: str) -> dict[str, Any] | None:
    """The credential of an untrusted zip, as c2pa_credential.read gives it, with `changed`; None if it has none.

    `changed` names members that are not as they were signed, at most MOST_NAMED: {"edited", "added", "missing"}. It is
    empty where nothing was changed, or where the signature over the list of members does not hold.
    """
    with zipfile.ZipFile(place) as archive:
        files = {member.filename: member for member in archive.infolist() if not member.is_dir()}
        if CREDENTIAL not in files or files[CREDENTIAL].file_size > LARGEST_MANIFEST_BYTES:
            return None
        plain = _is_plain(archive, place.stat().st_size)
    with place.open("rb") as file:
        said = found(opened((ZIP, file), root_pem))
        changed = _changed(file, files, root_pem) if said["failures"] == [MISMATCH] else {}
    if said["state"] in ("Trusted", "Valid") and not plain:
        said |= {"state": "Invalid", "failures": [NOT_PLAIN]}
    return said | {"changed": changed}


def _is_plain(archive: zipfile.ZipFile, size: int) -> bool:
    """Whether members, directory and end record follow each other from the first byte to the last.

    The library's archives have one gap, in front of its own folder: the directory that the zip had before. Those very
    bytes begin the new one, so nothing else can stand there.
    """
    file, members, at = archive.fp, sorted(archive.infolist(), key=lambda one: one.header_offset), 0
    if file is None or archive.comment:
        return False
    file.seek(archive.start_dir)
    directory = file.read(size)[:-_END_BYTES]
    for member in members:
        if member.header_offset != at and member.filename == OWN_FOLDER:
            file.seek(at)
            left = file.read(member.header_offset - at)
            at += len(left) if directory.startswith(left) else 0
        if member.header_offset != at:
            return False
        file.seek(at)
        head = file.read(_HEAD_BYTES)
        at += _HEAD_BYTES + sum(int.from_bytes(head[place : place + 2], "little") for place in (26, 28))
        at += member.compress_size
    entries = sum(_ENTRY_BYTES + len(one.orig_filename.encode()) + len(one.extra) + len(one.comment) for one in members)
    ends = directory[entries:]
    return at == archive.start_dir and (not ends or (len(ends) == _END_64_BYTES and ends.startswith(b"PK\x06\x06")))


def _changed(file: IO[bytes], files: Mapping[str, zipfile.ZipInfo], root_pem: str) -> dict[str, list[str]]:
    """Members against the list that the manifest signs: name -> {hash (base64), size of header and bytes}."""
    file.seek(0)
    store = opened((ZIP, file), root_pem, whole=True)
    if isinstance(store, str):
        return {}
    manifest = store.get("manifests", {}).get(store.get("active_manifest"), {})
    listed = dict(manifest.get("assertion_store", {}).get(BINDING, {}).get("uris") or {})
    told = {
        "edited": [name for name, one in files.items() if name in listed and not _as_signed(file, one, listed[name])],
        "added": [name for name in files if name not in listed and name != CREDENTIAL],
        "missing": [name for name in listed if name not in files],
    }
    return {kind: sorted(names)[:MOST_NAMED] for kind, names in told.items() if names}


def _as_signed(file: IO[bytes], member: zipfile.ZipInfo, said: Mapping[str, Any]) -> bool:
    file.seek(member.header_offset)
    raw = file.read(int(said["size"]))
    return base64.b64encode(hashlib.sha256(raw).digest()).decode() == said["hash"]
