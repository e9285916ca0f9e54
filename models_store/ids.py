"""Identifiers that sort by time of creation (UUID version 7, RFC 9562 section 5.7)."""

from __future__ import annotations

import os
import time
import uuid
from datetime import datetime


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: 48 bits of Unix milliseconds, 12 of their fraction (section 6.2, method 3), 62 random bits."""
    ms, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = (rest_ns << 12) // 1_000_000
    value = ms << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=value)


def first_id(at: datetime) -> uuid.UUID:
    """What no identifier made at that moment or later lies below."""
    return uuid.UUID(int=int(at.timestamp() * 1000) << 80)


def is_uuid(said: object) -> bool:
    """Whether a word from outside is an identifier at all."""
    try:
        uuid.UUID(str(said))
    except ValueError:
        return False
    return True
