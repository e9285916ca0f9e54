"""Content-addressed files in an S3 bucket: the same promises as blobs.py, with verified copies on this machine."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from models_store import names
from models_store.blob_cache import BlobCache
from models_store.blobs import pieces
from models_store.errors import IntegrityFailure, NotFound, ProductError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

log = logging.getLogger(__name__)
CLIENT: ClientConfig = {"connect_timeout": "5s", "read_timeout": "30s", "timeout": "1h"}  # one hour for one request
RETRIES: RetryConfig = {"max_retries": 3}
PART = 8 << 20  # bytes; S3 takes at most 10,000 parts of an object, so 78 GiB for one blob


class StoreUnavailable(ProductError):
    """The store does not answer, or refuses us; try again later."""

    code, http_status, retry = "store_unavailable", 503, True


class S3Blobs:
    """Blobs as objects PREFIX/NAMESPACE/first two digits/SHA-256. An object appears whole, at its last byte, or never.

    Credentials come from the environment (AWS_ACCESS_KEY_ID and its like), which obstore reads; no URL carries one.
    """

    def __init__(self, bucket: str, prefix: str, cache: BlobCache, config: S3Config) -> None:
        """`config`: what S3 wants to know (endpoint, region); what is missing comes from the environment."""
        client = CLIENT.copy()
        if config.get("endpoint", "").startswith("http://"):
            client["allow_http"] = True
        self.bucket, self.cache = bucket, cache
        self._s3 = S3Store(bucket, prefix=prefix or None, config=config, client_options=client, retry_config=RETRIES)

    def put(self, namespace: str, source: Path | bytes) -> str:
        """Read twice: for the name, then for the upload; a source that changed in between is not kept."""
        running = hashlib.sha256()
        names.namespace(namespace)
        for piece in pieces(source):
            running.update(piece)
        sha256 = running.hexdigest()
        sent = source if isinstance(source, bytes) else _unchanged(source, sha256)
        try:
            with _answers(namespace, sha256):
                obstore.put(self._s3, _key(namespace, sha256), sent, chunk_size=PART)
        except NotFound as missing:
            raise StoreUnavailable(f"The store has no bucket {self.bucket}: make it.", got=self.bucket) from missing
        return sha256

    def open(self, namespace: str, sha256: str) -> BinaryIO:
        """The verified copy on this machine; fetched first where there is none."""
        return self._local(namespace, sha256)

    def read(self, namespace: str, sha256: str) -> bytes:
        """Straight from the bucket, verified."""
        with _answers(namespace, sha256):
            data = bytes(obstore.get(self._s3, _key(namespace, sha256)).bytes())
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise IntegrityFailure(field="sha256", expected=sha256, got=found)
        return data

    def path(self, namespace: str, sha256: str) -> Path:
        """The verified copy on this machine."""
        with self._local(namespace, sha256) as file:
            return Path(file.name)

    def link(self, namespace: str, sha256: str, seconds: int) -> str | None:
        """Signed (SigV4) by the credentials of the environment; that it is there is asked first, not what is in it."""
        self.size(namespace, sha256)
        with _answers(namespace, sha256):
            return obstore.sign(self._s3, "GET", _key(namespace, sha256), timedelta(seconds=seconds))

    def exists(self, namespace: str, sha256: str) -> bool:
        """Whether the bucket has it; it is not verified."""
        try:
            self.size(namespace, sha256)
        except NotFound:
            return False
        return True

    def size(self, namespace: str, sha256: str) -> int:
        """Bytes."""
        with _answers(namespace, sha256):
            return int(obstore.head(self._s3, _key(namespace, sha256))["size"])

    def used(self, namespace: str) -> int:
        """Bytes of all objects of a namespace: one request for each thousand."""
        with _answers(namespace, "of any name"):
            pages = obstore.list(self._s3, prefix=names.namespace(namespace))
            return sum(int(one["size"]) for page in pages for one in page)

    def delete(self, namespace: str, sha256: str, *, before: datetime | None = None) -> bool:
        """Forget a blob, here and in the bucket; copies on other machines are no longer handed out.

        S3 compares and deletes in two requests: a put between them is lost, within some milliseconds.
        """
        key = _key(namespace, sha256)
        try:
            with _answers(namespace, sha256):
                if before is not None and obstore.head(self._s3, key)["last_modified"] >= before:
                    return False
                obstore.delete(self._s3, key)
        except NotFound:
            pass
        self.cache.forget(namespace, sha256)
        return True

    def materialise(self, namespace: str, files: Mapping[str, str], folder: Path) -> None:
        """Fetch what is not on this machine, then lay out links to the copies."""
        checked = {names.relative(name): sha256 for name, sha256 in files.items()}
        for sha256 in set(checked.values()):
            self._local(namespace, sha256).close()
        self.cache.materialise(namespace, checked, folder)

    def _local(self, namespace: str, sha256: str) -> BinaryIO:
        """The bucket decides whether there is a blob: what was deleted on another machine is gone here too."""
        try:
            size = self.size(namespace, sha256)
        except NotFound:
            self.cache.forget(namespace, sha256)
            raise
        try:
            return self.cache.open(namespace, sha256)
        except (NotFound, IntegrityFailure):  # not here, or damaged here: the bucket has the good one
            pass
        with _answers(namespace, sha256):
            self.cache.fill(namespace, sha256, size, self._stream(namespace, sha256))
        return self.cache.open(namespace, sha256)

    def _stream(self, namespace: str, sha256: str) -> Iterator[bytes]:
        for piece in obstore.get(self._s3, _key(namespace, sha256)).stream(min_chunk_size=PART):
            yield bytes(piece)


def _key(namespace: str, sha256: str) -> str:
    return f"{names.namespace(namespace)}/{names.sha256(sha256)[:2]}/{sha256}"


def _unchanged(source: Path, sha256: str) -> Iterator[bytes]:
    """The file in parts; raises at its end, before S3 is told to finish, where it is not what was hashed."""
    running = hashlib.sha256()
    for piece in pieces(source):
        running.update(piece)
        yield piece
    if running.hexdigest() != sha256:
        raise IntegrityFailure("The file changed while it was being stored.", expected=sha256, got=running.hexdigest())


@contextmanager
def _answers(namespace: str, sha256: str) -> Iterator[None]:
    """S3's errors in our words; what S3 said goes to the log, since it names hosts."""
    try:
        yield
    except FileNotFoundError as missing:
        raise NotFound(f"The store has no blob {sha256} in {namespace}.", field="sha256", got=sha256) from missing
    except BaseError as refused:
        log.warning("the store did not do what was asked: %s", refused)
        raise StoreUnavailable() from refused
