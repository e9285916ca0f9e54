"""The roll of jobs whose watermark may be found: who made them, by number, in a file that only grows.

A header of 64 bytes, then 32 for each job: its id and its project's (16 bytes each). `generation` changes when the roll
is begun anew, so that nothing that was made from an older one is taken for this one's. It holds no key.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

HEADER = struct.Struct("<8s16sQI28x")  # sign, generation, count, CRC-32 of the records
SIGN = b"kilnrol1"
RECORD_BYTES = 32

Row = tuple[UUID, UUID]  # job, project


@dataclass(frozen=True)
class Roll:
    """The first `count` jobs of a roll, as it was read; `records` is 32 bytes for each."""

    generation: bytes
    records: bytes

    @classmethod
    def read(cls, path: Path, count: int | None = None) -> Roll | None:
        """The roll, or the first `count` of it; None where it is not there, damaged or shorter than that."""
        try:
            with path.open("rb") as file:
                sign, generation, known, checksum = HEADER.unpack(file.read(HEADER.size))
                records = file.read((known if count is None else count) * RECORD_BYTES)
        except (OSError, struct.error):
            return None
        wanted = known if count is None else count
        if sign != SIGN or wanted > known or len(records) != wanted * RECORD_BYTES:
            return None
        if wanted == known and zlib.crc32(records) != checksum:
            return None
        return cls(generation, records)

    def __len__(self) -> int:
        return len(self.records) // RECORD_BYTES

    def row(self, number: int) -> Row:
        """Job and project of one of them."""
        at = number * RECORD_BYTES
        return UUID(bytes=self.records[at : at + 16]), UUID(bytes=self.records[at + 16 : at + 32])

    def rows(self, begin: int = 0) -> list[Row]:
        """All from `begin` on."""
        return [self.row(number) for number in range(begin, len(self))]

    def newest(self) -> UUID:
        """The largest id of a job; 0 where there is none."""
        heads = array("Q", self.records)[:: RECORD_BYTES // 8]  # no numpy: a worker's parent reads this too
        if sys.byteorder == "little":
            heads.byteswap()
        highest = max(heads, default=0)
        return max((self.row(number)[0] for number, head in enumerate(heads) if head == highest), default=UUID(int=0))

    def jobs(self) -> set[bytes]:
        """The ids of all jobs."""
        return {self.records[at : at + 16] for at in range(0, len(self.records), RECORD_BYTES)}


def begin(path: Path) -> Roll:
    """An empty roll of a new generation, in the place of what was there; mode 600."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    roll = Roll(os.urandom(16), b"")
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(HEADER.pack(SIGN, roll.generation, 0, 0))
    new.replace(path)
    return roll


def extend(path: Path, roll: Roll, rows: Sequence[Row]) -> Roll:
    """The roll with further jobs; one process at a time may do so. Records first, then the header that counts them."""
    grown = Roll(roll.generation, roll.records + b"".join(job.bytes + project.bytes for job, project in rows))
    with path.open("r+b") as file:
        file.seek(HEADER.size + len(roll.records))
        file.write(grown.records[len(roll.records) :])
        file.flush()
        file.seek(0)
        file.write(HEADER.pack(SIGN, grown.generation, len(grown), zlib.crc32(grown.records)))
    return grown
