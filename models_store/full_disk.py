"""A disk without room, as whoever wanted to write tells of it: the system, SQLite, libraries that write files."""

from __future__ import annotations

import errno

from models_store.errors import ProductError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
WORDS = ("No space left on device", "Disk quota exceeded", "database or disk is full")


class DiskFull(ProductError):
    """The disk is full: make room, then try again."""

    code, http_status = "disk_full", 507


def no_room(error: BaseException) -> bool:
    """Whether an error, or what it came from, says that a disk is full."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, OSError) and cause.errno in NO_ROOM:
            return True
        if any(word in str(cause) for word in WORDS):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
