"""Verified copies of a far store's blobs on this machine: bounded, and nothing is lost with them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from models_store.blobs import FileBlobs

IN_USE_S = 3600.0  # how long a path that was handed out stays, whatever the limit


class BlobCache:
    """Copies in a folder of this machine; beyond `limit_bytes` those go first that were not used for longest.

    Several processes may share the folder. Counting every copy costs a walk through it, so it is done only each time
    that this process fetched a tenth of the limit: the folder may be so much larger.
    """

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self.copies = FileBlobs(root, durable=False)
        self.limit_bytes, self._fetched = limit_bytes, limit_bytes  # the first fetch of a process counts
        self._turn = threading.Lock()

    def open(self, namespace: str, sha256: str) -> BinaryIO:
        """A verified copy; NotFound where there is none, IntegrityFailure where it is damaged."""
        file = self.copies.open(namespace, sha256)
        os.utime(file.fileno())
        return file

    def fill(self, namespace: str, sha256: str, size: int, source: Iterable[bytes]) -> None:
        """Keep what is fetched if it is what it should be; IntegrityFailure and no copy where it is not."""
        with self._turn:
            self._fetched += size
            full = self._fetched * 10 > self.limit_bytes
            if full:
                self._fetched = 0
        if full:
            self.shrink(self.limit_bytes - size, time.time())
        self.copies.take(namespace, source, expected=sha256)

    def forget(self, namespace: str, sha256: str) -> None:
        """Drop a copy."""
        self.copies.delete(namespace, sha256)

    def materialise(self, namespace: str, files: Mapping[str, str], folder: Path) -> None:
        """As BlobStore.materialise, from copies that are here."""
        self.copies.materialise(namespace, files, folder)

    def shrink(self, to_bytes: int, now: float) -> None:
        """Remove the copies not used for longest, but none used within the last hour; `now` as time.time() says it."""
        found: list[tuple[float, int, Path]] = []
        for path in self.copies.root.glob("*/*/*"):
            try:
                about = path.stat()
            except FileNotFoundError:  # another process was first
                continue
            found.append((about.st_mtime, about.st_size, path))
        total = sum(size for _, size, _ in found)
        for used_at, size, path in sorted(found):
            if total <= to_bytes or now - used_at < IN_USE_S:
                return
            path.unlink(missing_ok=True)
            total -= size
