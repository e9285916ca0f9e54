"""Writes a zip with one C2PA manifest over all its members (C2PA 2.4, collection data hash; section A.6 for zips).

Written here and not by the library, because the list of members has a hash for each: it grows on the disk while the
members come, and nothing is read or written a second time. The library reads it like any other (c2pa_archive.py).
"""

from __future__ import annotations

import hashlib
import shutil
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

from models_store.stored_zip import CRC_AT, PIECE, StoredZip, directory_entry, ending, local_header, scratch
from workers.marks import c2pa_boxes
from workers.marks.aigc_xmp import TRAINED
from workers.marks.c2pa_boxes import (
    ASSERTIONS,
    CBOR,
    CLAIM,
    HEAD_BYTES,
    MANIFEST,
    SIGNATURE,
    STORE,
    box,
    cbor,
    superbox,
)
from workers.marks.c2pa_origin import ORIGIN, origin

CREDENTIAL = "META-INF/content_credential.c2pa"
BINDING = "c2pa.hash.collection.data"
ACTIONS = "c2pa.actions.v2"
CREATED = {"action": "c2pa.created", "digitalSourceType": TRAINED}
_CRC_BYTES = 4


class SealedZip:
    """Members are added as they come; `seal` ends the file with the credential over them."""

    def __init__(self, place: Path) -> None:
        self.zip, self._uris = StoredZip(place), scratch(place.parent)

    def add(self, name: str, data: bytes | BinaryIO) -> None:
        """One member more; names are the caller's to keep apart."""
        sha256, size = self.zip.add(name, data)
        self._uris.write(cbor(name) + cbor({"hash": sha256, "size": size}))

    def seal(
        self, release: Mapping[str, Any], count: int, certificates_pem: str, sign: Callable[[bytes], bytes]
    ) -> str:
        """Close the zip, which holds `count` artifacts, with a credential; its label (a URN). Raises SigningFailed.

        `release` is that of docs/engine-folder.md. `sign` gives the raw ES256 signature (r || s, 64 bytes).
        """
        manifest = f"urn:c2pa:{uuid.uuid4()}"
        claimed = [
            c2pa_boxes.assertion(ACTIONS, {"actions": [CREATED]}),
            c2pa_boxes.assertion(ORIGIN, origin(release) | {"count": count}),
        ]
        directory = _Directory(self.zip)
        binding = _Binding(self._uris, self.zip.count)
        said = {"instanceID": f"xmp:iid:{uuid.uuid4()}", "claim_generator_info": {"name": str(release["producer"])}}
        said |= {"signature": f"self#jumbf=/c2pa/{manifest}/c2pa.signature"}

        def claim(bound: bytes) -> bytes:
            created = [_told(BINDING, bound)]
            gathered = [_told(label, _hash(made)) for label, made in zip((ACTIONS, ORIGIN), claimed, strict=True)]
            title = {"dc:title": f"{release['job']}.zip", "alg": "sha256"}
            return cbor(said | {"created_assertions": created, "gathered_assertions": gathered} | title)

        def after(claim: bytes, signature: bytes) -> bytes:
            signed = superbox(SIGNATURE, "c2pa.signature", box(CBOR, signature))
            return superbox(CLAIM, "c2pa.claim.v2", box(CBOR, claim)) + signed

        behind = len(after(claim(bytes(32)), bytes(c2pa_boxes.signed_size(certificates_pem))))
        within = superbox(ASSERTIONS, "c2pa.assertions", *claimed, more=binding.size)
        inner = superbox(MANIFEST, manifest, within, more=binding.size + behind)
        before = superbox(STORE, "c2pa", inner, more=binding.size + behind)
        size = len(before) + binding.size + behind
        binding.directory_hash = directory.hashed(size)
        bound = claim(binding.hashed())
        last = after(bound, c2pa_boxes.signed(bound, certificates_pem, sign))
        directory.write(size, (piece for parts in ([before], binding.pieces(), [last]) for piece in parts))
        self.close()
        return manifest

    def close(self) -> None:
        """Let go of the files, whatever stands in them."""
        self.zip.close()
        self._uris.close()


class _Binding:
    """The assertion that lists every member with its hash, as it lies on the disk."""

    def __init__(self, uris: IO[bytes], count: int) -> None:
        self.uris, self.directory_hash = uris, bytes(32)
        self.before = c2pa_boxes.cbor_head(5, 3) + cbor("uris") + c2pa_boxes.cbor_head(5, count)
        listed = len(self.before) + uris.tell() + len(self._after())
        head = box(CBOR, more=listed)
        self.head = superbox(CBOR, BINDING, head, more=listed)
        self.size = len(self.head) + listed

    def _after(self) -> bytes:
        return cbor("alg") + cbor("sha256") + cbor("zip_central_directory_hash") + cbor(self.directory_hash)

    def pieces(self) -> Iterator[bytes]:
        """Its bytes, in parts."""
        yield self.head + self.before
        self.uris.seek(0)
        while piece := self.uris.read(PIECE):
            yield piece
        yield self._after()

    def hashed(self) -> bytes:
        """What a claim says of it."""
        running, pieces = hashlib.sha256(), self.pieces()
        running.update(next(pieces)[HEAD_BYTES:])
        for piece in pieces:
            running.update(piece)
        return running.digest()


class _Directory:
    """The directory of the zip with the credential as its last member."""

    def __init__(self, made: StoredZip) -> None:
        self.zip, self.length = made, made.directory.tell()

    def _last(self, size: int, crc: int) -> bytes:
        return directory_entry(CREDENTIAL, crc, size, self.zip.at)

    def _ending(self, size: int) -> bytes:
        at = self.zip.at + len(local_header(CREDENTIAL, 0, size)) + size
        return ending(self.zip.count + 1, self.length + len(self._last(size, 0)), at)

    def hashed(self, size: int) -> bytes:
        """SHA-256 of all of it but the credential's own checksum, which depends on it (A.6)."""
        running, last, crc_at = hashlib.sha256(), self._last(size, 0), CRC_AT[1]
        self.zip.directory.seek(0)
        while piece := self.zip.directory.read(PIECE):
            running.update(piece)
        running.update(last[:crc_at] + last[crc_at + _CRC_BYTES :] + self._ending(size))
        return running.digest()

    def write(self, size: int, credential: Iterator[bytes]) -> None:
        """The credential as a member, then the directory."""
        out, crc = self.zip.file, 0
        out.write(local_header(CREDENTIAL, 0, size))
        for piece in credential:
            crc = zlib.crc32(piece, crc)
            out.write(piece)
        self.zip.directory.seek(0)
        shutil.copyfileobj(self.zip.directory, out, PIECE)
        out.write(self._last(size, crc) + self._ending(size))
        out.seek(self.zip.at + CRC_AT[0])
        out.write(crc.to_bytes(_CRC_BYTES, "little"))


def _told(label: str, sha256: bytes) -> dict[str, Any]:
    return {"url": f"self#jumbf=c2pa.assertions/{label}", "hash": sha256}


def _hash(assertion: bytes) -> bytes:
    return hashlib.sha256(assertion[HEAD_BYTES:]).digest()
