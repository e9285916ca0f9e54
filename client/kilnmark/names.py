"""Names of files: what a server says is a hint, never a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

LONGEST = 150  # characters: with what stands beside a temporary name, below what file systems take
RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
STAR = re.compile(r"filename\*\s*=\s*UTF-8'[^']*'([^;\s]+)", re.IGNORECASE)
PLAIN = re.compile(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', re.IGNORECASE)


def said_name(headers: Mapping[str, str]) -> str:
    """The file name in Content-Disposition (RFC 6266, with filename* of RFC 8187); empty without one."""
    said = headers.get("content-disposition", "")
    if star := STAR.search(said):
        return unquote(star[1], errors="replace")
    found = PLAIN.search(said)
    return re.sub(r"\\(.)", r"\1", found[1] or found[2] or "") if found else ""


def safe_name(said: str, otherwise: str) -> str:
    """One visible name without a path: no separators, no leading dots, no control characters, no names of devices."""
    last = re.split(r"[/\\:]", said)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*').strip(" .")
    if len(kept) > LONGEST:
        stem, dot, end = kept.rpartition(".")
        kept = stem[: LONGEST - len(end) - 1] + dot + end if dot and len(end) < 12 else kept[:LONGEST]
    return otherwise if not kept or RESERVED.match(kept) else kept


def goal(to: Path, headers: Mapping[str, str], otherwise: str) -> Path:
    """Where a download is to lie: `to`, or in it where it is a folder."""
    return to / safe_name(said_name(headers), otherwise) if to.is_dir() else to
