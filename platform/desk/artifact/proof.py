"""The proof of one artifact in words, checked while one waits: file, chunk, leaf, signed head."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime

from catalog.store import blobs, namespace
from desk.words.sentences import sentence
from lineage.models import Artifact
from lineage.services import proof_of
from models_store.errors import ProductError


def proof_in_words(artifact: Artifact) -> dict[str, Any]:
    """Where the log holds it and which head fixes that; `failed` with the reason where the way does not lead there.

    `bytes_checked` says whether the stored file was read against its digest too; it was not once its bytes are gone.
    """
    try:
        proof = proof_of(artifact)
        read = artifact.expired_at is None
        if read:
            with blobs().open(namespace(artifact.project), artifact.sha256):
                pass  # the store verifies what it opens
    except ProductError as error:
        return {"failed": sentence(error)}
    head = proof["log"]["head"]
    return {
        "event": artifact.leaf,
        "number": proof["log"]["index"],
        "place": proof["position"] + 1,
        "items": proof["items"],
        "head_size": head["size"],
        "head_at": parse_datetime(head["at"]),
        "head_root": head["root"],
        "bytes_checked": read,
    }
