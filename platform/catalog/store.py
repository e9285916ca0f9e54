"""Where bytes lie: the blob store of the settings, one namespace for each project."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from accounts.models import Project
from models_store.blobs import BlobStore
from models_store.store_url import open_store


@cache
def blobs() -> BlobStore:
    """The store that STORE_URL names."""
    return open_store(settings.STORE_URL, settings.STORE_CACHE, cache_bytes=settings.STORE_CACHE_BYTES)


def namespace(project: Project) -> str:
    """The project's own part of the store; nothing is shared across projects."""
    return str(project.pk)
