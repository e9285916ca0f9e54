"""The words of tus 1.0 (https://tus.io/protocols/resumable-upload): what its headers say, and what is refused."""

from __future__ import annotations

import base64
import binascii
import hashlib

from rest_framework.request import Request

from api.body_digest import said_digests
from jobs.upload_piece import ALGORITHMS
from models_store.errors import InvalidInput

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
OCTETS = "application/offset+octet-stream"
METADATA_BYTES = 4096
DIGITS = 18  # of a number of bytes


class NotTus(InvalidInput):
    """The request does not speak tus 1.0.0."""

    code, http_status = "tus_version", 412


class BadHeader(InvalidInput):
    """A header does not say what tus expects there."""

    code, http_status = "malformed", 400


class WrongType(InvalidInput):
    """A piece is sent as application/offset+octet-stream."""

    code, http_status = "unsupported_media_type", 415


def check_version(request: Request) -> None:
    """NotTus where the header Tus-Resumable does not say 1.0.0."""
    said = request.headers.get("Tus-Resumable", "")
    if said != VERSION:
        raise NotTus(field="Tus-Resumable", expected=VERSION, got=said)


def number(request: Request, name: str) -> int:
    """A header that is a count of bytes; BadHeader for anything else, a sign included."""
    said = request.headers.get(name, "")
    if not (said.isascii() and said.isdecimal() and len(said) <= DIGITS):
        raise BadHeader(field=name, expected="a whole number of bytes, 0 or more", got=said)
    return int(said)


def metadata(request: Request) -> dict[str, str]:
    """Upload-Metadata: pairs of a name and a text in base64; BadHeader."""
    said = request.headers.get("Upload-Metadata", "")
    if len(said) > METADATA_BYTES:
        raise BadHeader(field="Upload-Metadata", expected=f"at most {METADATA_BYTES} bytes", got=len(said))
    found: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in said.split(","))):
        name, _, coded = pair.partition(" ")
        if name in found:
            raise BadHeader(field="Upload-Metadata", expected="each name once", got=name)
        found[name] = _text(coded)
    return found


def _text(coded: str) -> str:
    try:
        return base64.b64decode(coded, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadHeader(field="Upload-Metadata", expected="UTF-8 in base64", got=coded) from error


def checksum(request: Request) -> tuple[str, bytes] | None:
    """Upload-Checksum, or else Content-Digest, as (algorithm, digest); None where none is sent.

    BadHeader for one that is not known.
    """
    said = request.headers.get("Upload-Checksum")
    if said is None:
        whole = said_digests(request.headers.get("Content-Digest", ""), "Content-Digest")
        return ("sha256", whole["sha-256"]) if "sha-256" in whole else None
    name, _, coded = said.partition(" ")
    expected = " or ".join(f"{one} and its digest in base64" for one in ALGORITHMS)
    try:
        digest = base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadHeader(field="Upload-Checksum", expected=expected, got=said) from error
    if name not in ALGORITHMS or len(digest) != hashlib.new(name, usedforsecurity=False).digest_size:
        raise BadHeader(field="Upload-Checksum", expected=expected, got=said)
    return name, digest


def check_type(request: Request) -> None:
    """WrongType where the body is not said to be a piece."""
    said = request.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if said != OCTETS:
        raise WrongType(field="Content-Type", expected=OCTETS, got=said)
