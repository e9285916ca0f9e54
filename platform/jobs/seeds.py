"""Seeds: whole numbers below 2**63, kept as text because a JSON number would lose digits."""

from __future__ import annotations

from typing import Any

from models_store.errors import InvalidInput

SEED_LIMIT = 2**63


def seed_of(said: Any, *, field: str = "seed") -> str:
    """A seed as a client sent it, as decimal digits."""
    text = str(said)
    if isinstance(said, bool) or not text.isascii() or not text.isdecimal() or not 0 <= int(text[:20]) < SEED_LIMIT:
        raise InvalidInput("The seed is a whole number.", field=field, expected=f"0 to {SEED_LIMIT - 1}", got=said)
    return str(int(text))
