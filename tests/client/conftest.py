"""Released pictures and the trust bundle, as in tests/evidence."""

from __future__ import annotations

from tests.evidence.conftest import pictures, trust, unpacked

__all__ = ["pictures", "trust", "unpacked"]
