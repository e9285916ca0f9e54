"""A text without what copying changes: the letters that a mark on a text is read from.

Whoever sends, pastes, saves or prints a text may change how its lines end and break, how its blanks and accents are
written, its quotation marks, its case. None of that is evidence: each character becomes a bare one, or nothing, and
blanks in a row become one gap. Characters are taken one by one, so a text that is being made has the same bare letters.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

GAP = ord(" ")
LIKE = str.maketrans("‘’‚‛′“”„‟″«»‐‑‒–—−", "'''''" + '"' * 7 + "-" * 6)  # what word processors write for what is typed

Letters = NDArray[np.uint64]  # (n,)


@lru_cache(maxsize=65_536)
def bare(point: int) -> int:
    """The bare character of a code point; 0 where there is none (combining and format characters, controls)."""
    char = chr(point).translate(LIKE)
    if char.isspace():
        return GAP
    if unicodedata.combining(char) or unicodedata.category(char) in ("Cc", "Cf"):
        return 0
    parts = [part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)]
    base = parts[0] if len(parts) == 1 else char  # a syllable of Hangul stays whole
    lower = base.lower()
    return ord(lower if len(lower) == 1 else base)


def letters(item: NDArray[np.uint32]) -> Letters:
    """The bare letters (n,) of a text, code points (L,): one gap for blanks in a row, none at either end."""
    found = _each(item)
    if item.size and item.max() > 0x7F:  # accents are gone, so that composing what is left takes no square of time
        left = "".join(map(chr, item[found > 0]))
        found = _each(np.array([ord(char) for char in unicodedata.normalize("NFC", left)], np.uint32))
    found = found[found > 0]
    before = np.concatenate([[np.uint64(GAP)], found[:-1]])
    found = found[(found != GAP) | (before != GAP)]
    return found[:-1] if found.size and found[-1] == GAP else found


def _each(points: NDArray[np.uint32]) -> Letters:
    known, place = np.unique(points, return_inverse=True)
    return np.array([bare(int(point)) for point in known], np.uint64)[place]
