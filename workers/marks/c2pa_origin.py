"""What our own assertion of a credential says of the origin of a file, written and read without the C2PA library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models_store.errors import ProductError

ORIGIN = "io.kilnmark.origin"
CLAIMED = ("job", "model_version", "stage", "manifest_digest")  # of `release`; never a seed, a z or a data digest
LONGEST_CLAIM = 256
LONGEST_RIGHT = 2048  # of an owner or a licence
MOST_SOURCES = 100  # that rights are said to be inherited from
RAW_ES256_BYTES = 64


class SigningFailed(ProductError):
    """The file could not be signed, so it is not released."""

    code, http_status, retry = "signing_failed", 503, True


def origin(release: Mapping[str, Any]) -> dict[str, Any]:
    """What our own assertion says of the job and the model, and whose the data are that the model learned from."""
    said: dict[str, Any] = {name: str(release[name]) for name in CLAIMED if release.get(name)}
    rights = release.get("rights") or {}
    whose = {name: str(rights[name])[:LONGEST_RIGHT] for name in ("owner", "licence") if rights.get(name)}
    if sources := [str(source)[:LONGEST_CLAIM] for source in rights.get("inherited_from") or ()][:MOST_SOURCES]:
        return said | {"rights": {**whose, "inherited_from": sources}}
    return said | ({"rights": whose} if whose else {})
