"""The cursor of a list: where it goes on. Sealed, so that it tells nothing, and one that was altered is refused."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from models_store.errors import InvalidInput

NONCE_BYTES = 12  # of AES-GCM (NIST SP 800-38D, section 5.2.1.1)
LONGEST = 2000  # characters
EXPECTED = "a cursor of `next` or `previous`, with the order that it came with"


@dataclass(frozen=True)
class Place:
    """Beside the row with this `key`: after it, or before it where the list is read `back`.

    A key is the value that the list is ordered by, if it is another one than the id, and the id, as texts.
    `inclusive` lets the row itself come again: it was looked at, and not shown.
    """

    key: tuple[str, ...]
    back: bool = False
    inclusive: bool = False


def seal(place: Place, about: str) -> str:
    """The cursor for a place; `about` names the list and its order, which it belongs to."""
    said = json.dumps([list(place.key), place.back, place.inclusive], separators=(",", ":")).encode()
    nonce = os.urandom(NONCE_BYTES)
    sealed = nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, said, about.encode())
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(cursor: str, about: str, *, length: int) -> Place:
    """The place of a cursor whose key has `length` parts; raises InvalidInput for whatever is none of this list's."""
    for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            raw = urlsafe_b64decode(cursor[:LONGEST].encode("ascii") + b"=" * (-len(cursor) % 4))
            said = _cipher(one).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], about.encode())
        except (InvalidTag, ValueError):
            continue
        key, back, inclusive = json.loads(said)
        if len(key) == length:
            return Place(tuple(key), back, inclusive)
    raise InvalidInput("This is no cursor of this list.", field="cursor", expected=EXPECTED, got=cursor)


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    """From the secret key of the settings (HKDF, RFC 5869)."""
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"kilnmark cursors").derive(secret.encode()))
