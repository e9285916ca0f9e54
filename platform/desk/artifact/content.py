"""Bytes of an artifact for a page: a bounded part of them, from the store."""

from __future__ import annotations

from catalog.store import blobs, namespace
from lineage.models import Artifact
from lineage.retention import require_kept
from models_store.errors import ProductError


class NotReadable(ProductError):
    """The file cannot be shown; it can still be downloaded."""

    code, http_status = "not_readable", 422


def head_of(artifact: Artifact, most_bytes: int) -> bytes:
    """At most so many bytes from the beginning. Raises Expired where they were given up."""
    require_kept(artifact)
    with blobs().open(namespace(artifact.project), artifact.sha256) as file:
        return file.read(most_bytes)
