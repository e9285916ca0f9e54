"""Near matches: the artifact whose fingerprint is closest to that of a foreign picture."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from lineage.models import Artifact

NEAR_BITS = 4  # of 64: fingerprints this close resemble each other
LOOKED_AT = 200_000  # newest artifacts that a near match is looked for in
COMPARED = 300  # pictures of one upload that are compared; each costs some hundredths of a second


class Fingerprints:
    """The fingerprints of the newest artifacts, read once for all pictures of an upload, when the first one asks."""

    def __init__(self) -> None:
        self.asked = 0

    @cached_property
    def known(self) -> list[tuple[int, UUID]]:
        """Fingerprint and id of each, newest first."""
        rows = Artifact.objects.exclude(fingerprint="").order_by("-id").values_list("fingerprint", "pk")[:LOOKED_AT]
        return [(int(fingerprint, 16), key) for fingerprint, key in rows.iterator()]

    def nearest(self, fingerprint: str) -> Artifact | None:
        """The closest of at most NEAR_BITS difference; None too for a flat picture, which resembles every other."""
        if len(fingerprint) != 16 or not int(fingerprint, 16) or self.asked >= COMPARED:
            return None
        self.asked += 1
        wanted = int(fingerprint, 16)
        bits, key = min((((known ^ wanted).bit_count(), key) for known, key in self.known), default=(64, None))
        if key is None or bits > NEAR_BITS:
            return None
        return Artifact.objects.select_related("model_version__model").get(pk=key)
