"""What a leaf of the log says: canonical JSON that only commits to what a person may ask to be forgotten.

A commitment is SHA-256(salt' || canonical(value)), where salt' is HMAC-SHA256(salt of the event, name of the part): the
actor can be shown to a third party without helping it to guess the detail.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models_store.canonical import canonical, digest

VERSION = 1
LARGEST = 2**53 - 1  # of whole numbers (RFC 8785, section 3.2.2.3)


def commitment(salt: bytes, part: str, value: Any) -> str:
    """What the leaf shows of one part, hex."""
    return digest(hmac.digest(salt, part.encode(), "sha256") + canonical(value))


def leaf_bytes(
    *,
    event_id: str,
    at: datetime,
    actor: str,
    verb: str,
    subject: tuple[str, str],
    project: str | None,
    detail: Mapping[str, Any],
    salt: bytes,
    items_root: str | None = None,
) -> bytes:
    """The leaf of one event; `items_root` (hex) is the root over the items of a chunk of artifacts."""
    said = {
        "v": VERSION,
        "id": event_id,
        "at": moment(at),
        "verb": verb,
        "subject": list(subject),
        "project": project,
        "actor": commitment(salt, "actor", actor),
        "detail": commitment(salt, "detail", detail),
    }
    return canonical(said | ({"items_root": items_root} if items_root else {}))


def recalled(value: Any) -> Any:
    """A detail as it was committed to.

    PostgreSQL gives a float of 1e21 back as a whole number. Canonical JSON has none so large: it was a float.
    """
    if isinstance(value, dict):
        return {name: recalled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [recalled(one) for one in value]
    return float(value) if isinstance(value, int) and abs(value) > LARGEST else value


def moment(at: datetime) -> str:
    """ISO 8601 in UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
