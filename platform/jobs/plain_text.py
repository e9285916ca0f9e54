"""Text that every database takes, in text columns and in JSON: Unicode, without NUL."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from models_store.errors import InvalidInput

CONTROLS = ("Cc", "Zl", "Zp")  # categories of Unicode: control characters, separators of lines and of paragraphs
NOT_STORABLE = "This text holds a character that cannot be stored."


def check_texts(said: Any) -> None:
    """Refuse NUL and half surrogate pairs anywhere in what came, names of fields included; the fault is placed.

    PostgreSQL takes neither, SQLite takes some of them in some columns.
    """
    waiting = [("", said)]
    while waiting:  # no recursion: what came may be nested deeply
        place, one = waiting.pop()
        if isinstance(one, str):
            _check(one, place)
        elif isinstance(one, Mapping):
            for name, value in one.items():
                _check(str(name), place)
                waiting.append((f"{place}.{name}" if place else str(name), value))
        elif isinstance(one, list | tuple):
            waiting += [(f"{place}[{number}]", value) for number, value in enumerate(one)]


def is_one_line(text: str) -> bool:
    """Whether nothing in it ends a line: what stands in a list, a mail or a log is not to look like two entries."""
    return not any(unicodedata.category(character) in CONTROLS for character in text)


def _check(text: str, place: str) -> None:
    whole = _is_unicode(text)
    if not whole or "\0" in text:
        expected, got = "a text in Unicode, without NUL", text if whole else ascii(text)
        raise InvalidInput(NOT_STORABLE, field=place or None, expected=expected, got=got)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
