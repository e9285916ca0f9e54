"""Near matches: the artifact whose fingerprint is closest to that of a foreign picture.

Fingerprints that differ in at most four of 64 bits agree in at least one of five pieces, so only what shares a piece
is compared (multi-index hashing, Norouzi, Punjani and Fleet 2012). The pieces of a million artifacts take some 150 MB
of the process that judges; it reads them once, which takes seconds, and later only what is new.
"""

from __future__ import annotations

import threading
from array import array
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from lineage.models import Artifact

NEAR_BITS = 4  # of 64: fingerprints this close resemble each other
LOOKED_AT = 1_000_000  # newest artifacts that a near match is looked for in
COMPARED = 300  # pictures of one upload that are compared
LATE_MS = 10_000  # how much later than a younger artifact one may appear and still be seen
READ_AT_ONCE = 10_000
PIECES = ((0, 13), (13, 13), (26, 13), (39, 13), (52, 12))  # (first bit, bits), one more than NEAR_BITS


class Index:
    """The fingerprints that one process knows, with the ids of their artifacts, by number."""

    def __init__(self) -> None:
        self.prints, self.ids = array("Q"), bytearray()
        self.sharing = [defaultdict[int, "array[int]"](lambda: array("I")) for _ in PIECES]
        self.newest_ms, self.late = 0, set[bytes]()  # the newest, and those at most LATE_MS older
        self.turn = threading.Lock()

    def refresh(self) -> None:
        """Read what is new; at the first time the newest LOOKED_AT."""
        with self.turn:
            since = max(0, self.newest_ms - LATE_MS) << 80
            rows = Artifact.objects.exclude(fingerprint="").filter(pk__gte=UUID(int=since))
            newest = rows.order_by("-id").values_list("fingerprint", "pk")[:LOOKED_AT]
            for fingerprint, key in newest.iterator(chunk_size=READ_AT_ONCE):
                if key.bytes not in self.late:
                    self._add(int(fingerprint, 16), key)
            self.late = {key for key in self.late if self._is_late(key)}

    def _add(self, fingerprint: int, key: UUID) -> None:
        number = len(self.prints)
        self.prints.append(fingerprint)
        self.ids += key.bytes
        self.newest_ms = max(self.newest_ms, milliseconds(key.bytes))
        if self._is_late(key.bytes):
            self.late.add(key.bytes)
        for numbers, piece in zip(self.sharing, pieces(fingerprint), strict=True):
            numbers[piece].append(number)

    def _is_late(self, key: bytes) -> bool:
        return milliseconds(key) >= self.newest_ms - LATE_MS

    def near(self, wanted: int) -> Iterator[UUID]:
        """The artifacts of at most NEAR_BITS difference, closest first."""
        numbers = {n for known, piece in zip(self.sharing, pieces(wanted), strict=True) for n in known.get(piece, ())}
        apart = sorted(((self.prints[number] ^ wanted).bit_count(), number) for number in numbers)
        for bits, number in apart:
            if bits > NEAR_BITS:
                return
            yield UUID(bytes=bytes(self.ids[16 * number : 16 * number + 16]))


_known = Index()


class Fingerprints:
    """The fingerprints of the newest artifacts, brought up to date once for all pictures of an upload."""

    def __init__(self) -> None:
        self.asked = 0

    def nearest(self, fingerprint: str) -> Artifact | None:
        """The closest of at most NEAR_BITS difference; None too for a flat picture, which resembles every other."""
        if len(fingerprint) != 16 or not int(fingerprint, 16) or self.asked >= COMPARED:
            return None
        if not self.asked:
            _known.refresh()
        self.asked += 1
        rows = Artifact.objects.select_related("model_version__model")
        found = (rows.filter(pk=key).first() for key in _known.near(int(fingerprint, 16)))
        return next((row for row in found if row), None)


def pieces(fingerprint: int) -> list[int]:
    """A fingerprint's five pieces."""
    return [fingerprint >> first & (1 << bits) - 1 for first, bits in PIECES]


def milliseconds(key: bytes) -> int:
    """When an id (UUIDv7) was made, in Unix milliseconds."""
    return int.from_bytes(key[:6], "big")
