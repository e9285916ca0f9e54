"""A piece of an upload on its way to the disk: one writer a file, nothing in memory, nothing kept that is not right."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from models_store.errors import Conflict, InvalidInput, ProductError
from models_store.full_disk import DiskFull, no_room

ALGORITHMS = ("sha256", "sha1")


class UploadLocked(Conflict):
    """Another piece of this upload is being written."""

    code, http_status, retry = "upload_locked", 423, True


class ChecksumMismatch(InvalidInput):
    """The piece that came is not the piece whose checksum was sent; nothing of it was kept."""

    code, http_status = "checksum_mismatch", 460


class TooMuch(InvalidInput):
    """More came than the upload has left; nothing of this piece was kept."""

    code, http_status = "too_large", 413


class Part:
    """The file of an upload, held by one process and thread at a time (flock: it ends with whoever holds it)."""

    def __init__(self, place: Path) -> None:
        """Raises UploadLocked; FileNotFoundError where there is no such file."""
        self.place, self.file = place, self._opened(place)
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.file.close()
            raise UploadLocked() from None

    @staticmethod
    def _opened(place: Path) -> BinaryIO:
        return open(os.open(place, os.O_RDWR | os.O_NOFOLLOW), "r+b", buffering=0)

    def close(self) -> None:
        """Let others write."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Piece(Part):
    """Bytes that go to `start` and on; `fault` is what was wrong with them, `end` says how many are kept."""

    start, room, written, kept = 0, 0, 0, 0
    fault: ProductError | None = None

    def begin(self, start: int, room: int, checksum: tuple[str, bytes] | None) -> None:
        """`room` bytes may come; `checksum` is (algorithm, digest). What a writer that died left is cut off."""
        self.start, self.room, self._said = start, room, checksum
        self._digest = hashlib.new(checksum[0], usedforsecurity=False) if checksum else None
        self.file.truncate(start)
        self.file.seek(start)

    def write(self, data: bytes) -> bool:
        """Append; whether more may come."""
        if self.fault is None and self.written + len(data) > self.room:
            self.fault = TooMuch(field="body", expected=f"at most {self.room} bytes", got=f"{self.room + 1} or more")
        if self.fault is not None:
            return False
        view = memoryview(data)
        try:
            while view:
                count = self.file.write(view) or 0
                self.written += count
                view = view[count:]
        except OSError as error:
            if not no_room(error):
                raise
            self.fault = DiskFull()
            return False
        if self._digest is not None:
            self._digest.update(data)
        return True

    def end(self, *, whole: bool) -> None:
        """No more comes: `whole` is False where the sender broke off. What cannot be believed is cut off."""
        if self._said and self._digest is not None and self.fault is None:
            name, said = self._said
            found = self._digest.digest()
            if whole and found != said:
                self.fault = ChecksumMismatch(field="Upload-Checksum", expected=f"{name} {said.hex()}", got=found.hex())
        useless = isinstance(self.fault, TooMuch | ChecksumMismatch) or (self._said is not None and not whole)
        self.kept = 0 if useless or (self._said and self.fault) else self.written
        with suppress(OSError):  # the row says what counts; the next piece begins there
            self.file.truncate(self.start + self.kept)
