"""Content-addressed files, each project in its own namespace: written once, whole or not at all, verified on read."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO, Protocol

from models_store import names
from models_store.errors import IntegrityFailure, InvalidInput, NotFound

_PIECE = 1 << 20
_AT_ONCE = 16  # puts side by side: a disk makes what waits for it durable together, a far store answers together


class BlobStore(Protocol):
    """Where blobs lie. `namespace` is a project id; a blob is named by its SHA-256 and never changes."""

    def put(self, namespace: str, source: Path | bytes) -> str:
        """Keep these bytes; the same bytes again change nothing. Returns their SHA-256, hex."""
        ...

    def open(self, namespace: str, sha256: str) -> BinaryIO:
        """A verified blob, opened for reading at its start."""
        ...

    def read(self, namespace: str, sha256: str) -> bytes:
        """The verified bytes of a blob."""
        ...

    def path(self, namespace: str, sha256: str) -> Path:
        """A local file that holds the verified blob; not to be written."""
        ...

    def link(self, namespace: str, sha256: str, seconds: int) -> str | None:
        """A URL by which whoever has it may fetch the blob for so long; None where the store makes none."""
        ...

    def exists(self, namespace: str, sha256: str) -> bool: ...
    def size(self, namespace: str, sha256: str) -> int:
        """Bytes."""
        ...

    def used(self, namespace: str) -> int:
        """Bytes of all blobs of a namespace, counted one by one."""
        ...

    def delete(self, namespace: str, sha256: str, *, before: datetime | None = None) -> bool:
        """Forget a blob unless it was put (again) later than `before`; whether it is gone. None there is no error."""
        ...

    def materialise(self, namespace: str, files: Mapping[str, str], folder: Path) -> None:
        """Lay verified blobs out as {relative name: sha256} under `folder`; the files are to be read only."""
        ...


class FileBlobs:
    """Blobs in folders of this machine: ROOT/NAMESPACE/first two digits/SHA-256, readable by their owner alone.

    Files are mode 400: `materialise` hands out hard links, and a careless writer must not reach the blob through one.
    Without `durable` nothing is fsynced: for copies that may be lost.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.root, self.durable = root, durable

    def put(self, namespace: str, source: Path | bytes) -> str:
        """Copy to a temporary name, fsync, rename, fsync the folder; a damaged older copy is replaced."""
        return self.take(namespace, pieces(source))

    def take(self, namespace: str, source: Iterable[bytes], *, expected: str = "") -> str:
        """Keep bytes that come in pieces; where their SHA-256 is not the `expected`, IntegrityFailure and no blob."""
        home = self.root / names.namespace(namespace)
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".new-", dir=home)
        try:
            with open(handle, "wb") as out:
                sha256 = _write(source, out)
                out.flush()
                os.fchmod(out.fileno(), 0o400)
                if self.durable:
                    os.fsync(out.fileno())
            if expected and sha256 != expected:
                raise IntegrityFailure(field="sha256", expected=expected, got=sha256)
            shard = home / sha256[:2]
            if not shard.is_dir():
                shard.mkdir(mode=0o700, exist_ok=True)
                self._sync(home)
            os.replace(temporary, shard / sha256)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._sync(shard)
        return sha256

    def open(self, namespace: str, sha256: str) -> BinaryIO:
        """Read the whole file once to verify it, then again by the caller: from the same open file."""
        place = self._place(namespace, sha256)
        try:
            file = place.open("rb")
        except FileNotFoundError as missing:
            raise NotFound(f"The store has no blob {sha256} in {namespace}.", field="sha256", got=sha256) from missing
        found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            file.close()
            raise IntegrityFailure(field="sha256", expected=sha256, got=found)
        file.seek(0)
        return file

    def read(self, namespace: str, sha256: str) -> bytes:
        """The verified bytes of a blob."""
        with self.open(namespace, sha256) as file:
            return file.read()

    def path(self, namespace: str, sha256: str) -> Path:
        """The verified file itself."""
        self.open(namespace, sha256).close()
        return self._place(namespace, sha256)

    def link(self, namespace: str, sha256: str, seconds: int) -> str | None:
        """None: a folder has no address of its own."""
        return None

    def exists(self, namespace: str, sha256: str) -> bool:
        """Whether there is such a blob; it is not verified."""
        return self._place(namespace, sha256).is_file()

    def size(self, namespace: str, sha256: str) -> int:
        """Bytes."""
        try:
            return self._place(namespace, sha256).stat().st_size
        except FileNotFoundError as missing:
            raise NotFound(f"The store has no blob {sha256} in {namespace}.", field="sha256", got=sha256) from missing

    def used(self, namespace: str) -> int:
        """Bytes of all blobs of a namespace; what is being written is not among them."""
        home, total = self.root / names.namespace(namespace), 0
        for shard in home.iterdir() if home.is_dir() else ():
            if shard.is_dir():
                total += sum(map(_size, os.scandir(shard)))
        return total

    def delete(self, namespace: str, sha256: str, *, before: datetime | None = None) -> bool:
        """Moved aside first: a put that comes in between leaves a new file, and is seen by its time."""
        place = self._place(namespace, sha256)
        aside = place.with_name(f".gone-{sha256}")
        try:
            if before is not None and place.stat().st_mtime >= before.timestamp():
                return False
            os.replace(place, aside)
            if before is not None and aside.stat().st_mtime >= before.timestamp():
                os.replace(aside, place)
                return False
        except FileNotFoundError:  # it is not there, or another process deletes it at this moment
            return True
        aside.unlink(missing_ok=True)
        return True

    def materialise(self, namespace: str, files: Mapping[str, str], folder: Path) -> None:
        """Hard links where the file system allows, copies elsewhere; every name and digest is checked first."""
        places = {names.relative(name): self.path(namespace, sha256) for name, sha256 in files.items()}
        for name, place in places.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(place, target)
            except FileExistsError as taken:
                raise InvalidInput(f"The folder already has a file {name}.", field="files", got=name) from taken
            except OSError:  # another file system, or too many links to one file
                shutil.copyfile(place, target)

    def _place(self, namespace: str, sha256: str) -> Path:
        return self.root / names.namespace(namespace) / names.sha256(sha256)[:2] / sha256

    def _sync(self, folder: Path) -> None:
        if not self.durable:
            return
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def put_all(store: BlobStore, namespace: str, sources: Sequence[Path | bytes]) -> list[str]:
    """Keep all of these, side by side; their SHA-256, hex, in the same order. What fails may leave others kept."""
    return list(_side_by_side().map(partial(store.put, namespace), sources))


@cache
def _side_by_side() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="put")


def pieces(source: Path | bytes) -> Iterator[bytes]:
    """The bytes of a file or of memory, a part at a time."""
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:  # deleted meanwhile
        return 0


def _write(source: Iterable[bytes], out: BinaryIO) -> str:
    running = hashlib.sha256()
    for piece in source:
        running.update(piece)
        out.write(piece)
    return running.hexdigest()
