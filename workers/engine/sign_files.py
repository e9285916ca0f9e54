"""Tables of signs that outlive the process: one file for each mark and length of pattern, mapped into memory.

**Whoever has such a file can remove or forge the marks of the jobs in it.** It has mode 600 in a folder of mode 700,
lies beside the roll of jobs that it goes with, and may be deleted at any time: it is made again from the keys, as it is
when it is damaged or was made for another roll, by other keys or by another scheme.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np

from workers.engine.sign_table import JOBS, KeyOf, Scheme, SignTable, Words, blocks_for

HEADER = struct.Struct("<8s16s16sQQ")  # sign, generation of the roll, digest of the scheme, words, jobs
HEADER_BYTES = 4096
SIGN = b"kilnsgn1"
_open: dict[Path, tuple[bytes, SignTable]] = {}  # what this process has mapped, and whose it is


def table(folder: Path, scheme: Scheme, generation: bytes, count: int, key_of: KeyOf) -> SignTable:
    """The signs of `count` jobs of a roll: those that are new are added to the file, the others are looked up in it."""
    path, whose = folder / f"{scheme.mark.name}-{scheme.words}.signs", generation + scheme.digest
    if path in _open and _open[path][0] == whose and _open[path][1].count == count:
        return _open[path][1]
    with _alone(folder):
        known = _known(path, scheme, generation, key_of)
        if known is None:
            known = SignTable(scheme, np.zeros((0, scheme.words, JOBS), np.uint64))
            path.unlink(missing_ok=True)  # a process that has mapped it keeps what it has; cut short, it would die
            _write_header(path, scheme, generation, 0)
        if known.count < count:
            os.truncate(path, HEADER_BYTES + blocks_for(count) * scheme.words * JOBS * 8)
            grown = SignTable(scheme, _mapped(path, scheme.words, blocks_for(count), "r+"), known.count)
            grown.grow(count, key_of)
            _write_header(path, scheme, generation, count)
    _open[path] = whose, SignTable(scheme, _mapped(path, scheme.words, blocks_for(count)), count)
    return _open[path][1]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with os.fdopen(os.open(folder / "signs.lock", os.O_RDWR | os.O_CREAT, 0o600), "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_header(path: Path, scheme: Scheme, generation: bytes, count: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.write(HEADER.pack(SIGN, generation, scheme.digest, scheme.words, count).ljust(HEADER_BYTES, b"\0"))


def _mapped(path: Path, words: int, blocks: int, mode: Literal["r", "r+"] = "r") -> Words:
    """(blocks, words, JOBS)."""
    return np.memmap(path, np.uint64, mode, HEADER_BYTES, (blocks, words, JOBS))


def _known(path: Path, scheme: Scheme, generation: bytes, key_of: KeyOf) -> SignTable | None:
    """What the file holds; None where it has to be made again. One job of each block is made again to see."""
    try:
        with path.open("rb") as file:
            said = HEADER.unpack(file.read(HEADER.size))
            size = file.seek(0, os.SEEK_END)
    except (OSError, struct.error):
        return None
    *whose, count = said
    blocks = blocks_for(count)
    fits = size == HEADER_BYTES + blocks * scheme.words * JOBS * 8
    if whose != [SIGN, generation, scheme.digest, scheme.words] or not fits or not count:
        return None
    mapped = _mapped(path, scheme.words, blocks)
    for number in range(blocks):
        one = secrets.randbelow(min(JOBS, count - number * JOBS))
        if not np.array_equal(mapped[number, :, one], scheme.signs(key_of(number * JOBS + one))):
            return None
    return SignTable(scheme, mapped, count)
