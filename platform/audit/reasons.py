"""Why somebody did something, in words: the one rule for everybody who is asked for it."""

from __future__ import annotations

from typing import Any

from models_store.errors import InvalidInput

LONGEST = 4000  # characters


def checked_reason(said: Any, field: str, *, required: bool = True) -> str:
    """The text without blanks around it; InvalidInput for one that is missing, too long, or cannot be kept."""
    if not isinstance(said, str):
        raise InvalidInput("Say why.", field=field, expected="a text")
    text = said.replace("\r\n", "\n").strip()  # browsers send line breaks as two characters, and count one
    if required and not text:
        raise InvalidInput("Say why.", field=field)
    if len(text) > LONGEST:
        raise InvalidInput("The text is too long.", field=field, expected=f"at most {LONGEST} characters")
    if "\0" in text:
        raise InvalidInput("The text has the character NUL, which cannot be kept.", field=field)
    return text
