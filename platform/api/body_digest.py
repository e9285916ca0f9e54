"""Whether a body is what its sender says it is (RFC 9530): read as it comes, compared at its end."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from api.exchange import Scope, header
from models_store.errors import InvalidInput

NAMES = ("Content-Digest", "Repr-Digest")  # a body comes as it is, so both speak of the same bytes
ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}  # others may be ignored (section 5); these are the safe ones
MEMBER = re.compile(r"\s*([a-z0-9*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):\s*")
EXPECTED = "sha-256=:BASE64:"


class NoDigest(InvalidInput):
    """The header names no digest."""

    code, http_status = "malformed", 400


class DigestMismatch(InvalidInput):
    """The body that came is not the one whose digest was sent."""

    code = "digest_mismatch"


def said_digests(value: str, name: str) -> dict[str, bytes]:
    """Digests by algorithm, of those that are known here; raises NoDigest."""
    found = {}
    for member in value.split(",") if value else ():
        if not (said := MEMBER.fullmatch(member)):
            raise NoDigest(field=name, expected=EXPECTED, got=value)
        try:
            digest = base64.b64decode(said[2], validate=True)
        except binascii.Error:
            raise NoDigest(field=name, expected=EXPECTED, got=value) from None
        if known := ALGORITHMS.get(said[1]):
            if len(digest) != hashlib.new(known).digest_size:
                raise NoDigest(field=name, expected=EXPECTED, got=value)
            found[said[1]] = digest
    return found


class Vouched:
    """The digests of one body; without such headers there is nothing to do."""

    def __init__(self, scope: Scope) -> None:
        """Raises NoDigest."""
        said = [(name, header(scope, name.lower().encode())) for name in NAMES]
        self._said = [(name, *one) for name, value in said if value for one in said_digests(value, name).items()]
        self._running = {kind: hashlib.new(ALGORITHMS[kind]) for _, kind, _ in self._said}

    def take(self, data: bytes) -> None:
        """The next bytes."""
        for one in self._running.values():
            one.update(data)

    def end(self) -> None:
        """All came; raises DigestMismatch."""
        for name, kind, digest in self._said:
            found = self._running[kind].digest()
            if not hmac.compare_digest(found, digest):
                raise DigestMismatch(field=name, expected=written(kind, digest), got=written(kind, found))


def written(kind: str, digest: bytes) -> str:
    """As the header says it."""
    return f"{kind}=:{base64.b64encode(digest).decode()}:"
