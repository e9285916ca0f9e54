"""One byte form for one JSON value (RFC 8785), and SHA-256 over bytes and files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import rfc8785

from models_store.errors import InvalidInput


class NotCanonical(InvalidInput):
    """The value has no canonical JSON form."""

    code = "not_canonical"


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value.

    Raises NotCanonical for NaN, infinities, integers beyond 2**53 - 1 (write them as strings), keys that are no
    strings, and anything that is not JSON.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as wrong:
        raise NotCanonical(f"The value has no canonical JSON form: {wrong}") from wrong


def digest(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
