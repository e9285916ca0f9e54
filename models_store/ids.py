"""Identifiers that sort by time of creation (UUID version 7, RFC 9562 section 5.7)."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def is_uuid(said: object) -> bool:
    """Whether a word from outside is an identifier at all."""
    try:
        uuid.UUID(str(said))
    except ValueError:
        return False
    return True
