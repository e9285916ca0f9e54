"""Stores under test, each with a way to reach what it keeps from behind."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import S3Store

from models_store.blobs import BlobStore, FileBlobs
from models_store.store_url import open_store
from tests.s3_server import S3Server

CACHE_BYTES = 1 << 30


class Shelf(Protocol):
    """A store and what lies behind it."""

    store: BlobStore

    def damage(self, namespace: str, sha256: str, data: bytes) -> None:
        """Put other bytes in the place of a blob."""
        ...

    def kept(self) -> list[str]:
        """Everything that was kept, by its place."""
        ...


class FolderStore:
    """Blobs in a folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.store = root, FileBlobs(root)

    def damage(self, namespace: str, sha256: str, data: bytes) -> None:
        """The file is exchanged."""
        place = self.root / namespace / sha256[:2] / sha256
        place.unlink()
        place.write_bytes(data)

    def kept(self) -> list[str]:
        """Files, temporary ones too."""
        return [path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()]


class BucketStore:
    """Blobs in a bucket, with copies in a folder."""

    def __init__(self, server: S3Server, cache: Path) -> None:
        self.name, self.cache = server.make_bucket(), cache
        self.url = f"s3://{self.name}/some/prefix?endpoint={server.url}&region=us-east-1"
        self.store = self.on_machine(cache)
        self.raw = S3Store(self.name, endpoint=server.url, region="us-east-1", client_options={"allow_http": True})  # type: ignore[call-overload]

    def on_machine(self, cache: Path) -> BlobStore:
        """The same bucket, seen from a machine with this cache."""
        return open_store(self.url, cache, cache_bytes=CACHE_BYTES)

    def copies(self) -> list[Path]:
        """The copies on the first machine."""
        return [path for path in self.cache.rglob("*") if path.is_file()]

    def damage(self, namespace: str, sha256: str, data: bytes) -> None:
        """The object is exchanged."""
        obstore.put(self.raw, f"some/prefix/{namespace}/{sha256[:2]}/{sha256}", data)

    def kept(self) -> list[str]:
        """Objects, by their key below the prefix."""
        found = [one["path"] for page in obstore.list(self.raw) for one in page]
        return [path.removeprefix("some/prefix/") for path in found]
