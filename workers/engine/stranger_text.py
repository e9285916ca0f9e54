"""A text from a stranger: in which encoding it is, and its characters, within limits."""

from __future__ import annotations

import codecs
import re

import numpy as np
from numpy.typing import NDArray

from workers.modalities.members import BadFile
from workers.modalities.text_encoding import BOMS, detected, whole_lines, wide

LARGEST_CHARACTERS = 1 << 20  # of a longer text so many are read, from its beginning
LOOKED_AT_BYTES = 65_536
GUESSED_FROM_BYTES = 64
DETECTED_FROM_BYTES = 8_192  # every detectable encoding is tried on so much of a file that is no UTF-8
CONTROL = re.compile(r"[\0-\x08\x0b\x0e-\x1f\x7f-\x9f]")  # all but tab, line feed, form feed and carriage return
NO_TEXT = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # bytes of no encoding of single or double bytes


def encoding_of(data: bytes) -> str:
    """The encoding of a text by its bytes: its byte order mark, else UTF-8, else detected; "" where it is no text."""
    head = data[:LOOKED_AT_BYTES]
    for name in _tried(head):
        try:
            said = codecs.getincrementaldecoder(name)().decode(head, final=len(head) == len(data))
        except UnicodeError:
            continue
        if said.removeprefix("\ufeff") and not CONTROL.search(said):
            return name
    return _guessed(head)


def _tried(head: bytes) -> list[str]:
    marked = [name for mark, name in BOMS if head.startswith(mark)]
    return marked[:1] or ["utf-8", *([name] if (name := wide(head)) else [])]


def _guessed(head: bytes) -> str:
    if len(head) < GUESSED_FROM_BYTES or NO_TEXT.search(head):
        return ""
    start = next((place for place, byte in enumerate(head) if byte > 0x7F), 0)
    try:
        return detected(whole_lines(head[head.rfind(b"\n", 0, start) + 1 :][:DETECTED_FROM_BYTES]), "")
    except BadFile:
        return ""


def characters(data: bytes) -> NDArray[np.uint32] | None:
    """The code points (L,) of a text, LARGEST_CHARACTERS at most; bytes of no character are left out. None: no text."""
    encoding = encoding_of(data)
    if not encoding:
        return None
    said = data[: 4 * LARGEST_CHARACTERS].decode(encoding, errors="ignore")[:LARGEST_CHARACTERS]
    return np.frombuffer(said.encode("utf-32-le", errors="ignore"), np.uint32)
