"""A file that only takes room: given away when the disk is full, so that SQLite can write how a job ended.

While it is given away nothing is claimed: one job fails because the disk is full, and not all that wait. Each sweep
lays it down again as soon as there is room for it.
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from django.conf import settings

from models_store.full_disk import no_room

log = logging.getLogger(__name__)
ROOMY = 4  # times its size must be free before it is laid down


def place() -> Path:
    """Beside the SQLite database."""
    return settings.KILNMARK_HOME / "ballast"


def keep() -> bool:
    """Lay it down where it is missing or was given away, if there is room; whether it lies there now."""
    if (_size() or 0) >= settings.BALLAST_BYTES:
        return True
    if shutil.disk_usage(settings.KILNMARK_HOME).free < ROOMY * settings.BALLAST_BYTES:
        return False
    was_given = given_away()
    try:
        with place().open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, settings.BALLAST_BYTES)
    except OSError as refused:
        if not no_room(refused):  # a file system that reserves nothing: there is nothing to give away either
            log.debug("no ballast: %s", refused)
            place().unlink(missing_ok=True)
        return False
    if was_given:
        log.warning("the disk has room again: jobs go on")
    return True


def give_away() -> bool:
    """Free its room; whether there was any. What is left behind is an empty file, which says that this happened."""
    if not _size():
        return False
    os.truncate(place(), 0)
    log.error("the disk is full: nothing is claimed until there is room again")
    return True


def given_away() -> bool:
    """Whether the disk was full and there has been no room since."""
    return _size() == 0


def _size() -> int | None:
    """Bytes; None where it was never laid down."""
    try:
        return place().stat().st_size
    except FileNotFoundError:
        return None
