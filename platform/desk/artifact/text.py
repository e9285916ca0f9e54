"""The text of an artifact for a page: a bounded part of it, from the store; the page escapes it."""

from __future__ import annotations

import codecs
from typing import Any

from catalog.store import blobs, namespace
from desk.words.sentences import sentence
from lineage.models import Artifact
from lineage.retention import require_kept
from models_store.errors import ProductError

TEXT = "text/plain"
EXCERPT_CHARACTERS, EXCERPT_BYTES = 300, 2048
WHOLE_BYTES = 20_000


def excerpt(artifact: Artifact) -> str | None:
    """The first characters, with an ellipsis where there are more."""
    try:
        said = read(artifact, EXCERPT_BYTES)
    except ProductError:
        return None
    more = len(said) > EXCERPT_CHARACTERS or artifact.size > EXCERPT_BYTES
    return said[:EXCERPT_CHARACTERS] + ("…" if more else "")


def shown(artifact: Artifact) -> dict[str, Any]:
    """What the page of an artifact says of its text: nothing for one that is no text.

    `text` as far as it is shown, `more` whether there is more, or `unreadable` with the reason.
    """
    if artifact.media_type != TEXT:
        return {}
    try:
        return {"is_text": True, "text": read(artifact, WHOLE_BYTES), "more": artifact.size > WHOLE_BYTES}
    except ProductError as error:
        return {"is_text": True, "unreadable": sentence(error)}


def read(artifact: Artifact, most_bytes: int) -> str:
    """At most so many bytes as UTF-8; a last character that is cut is left out. Expired where they were given up."""
    require_kept(artifact)
    with blobs().open(namespace(artifact.project), artifact.sha256) as file:
        data = file.read(most_bytes)
    return codecs.getincrementaldecoder("utf-8")("replace").decode(data)
