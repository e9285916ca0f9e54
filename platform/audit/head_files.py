"""Signed heads as files in a folder that lies elsewhere (a mounted disk, a synchronised folder): the log's witness.

Whoever changes the log and signs it anew cannot change what lies on another machine. Each head is one small JSON file,
as `GET /api/v1/audit/tree-head` gives it and `docs/verify_audit.py --older` takes it, in a folder for each month.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from audit.models import TreeHead
from models_store.keys import Keyring

EACH_TIME = 500  # heads written at one sweep
_written: dict[Path, int] = {}  # the size of the newest head that this process knows to lie in a folder


def write_heads(folder: Path, keys: Callable[[], Keyring]) -> int:
    """Write the heads that are newer than the newest file, oldest first; returns how many. Raises OSError.

    `keys` are asked for only where there is something to write.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder}")
    if folder not in _written:
        _written[folder] = max((size for size, _ in files(folder)), default=0)
    heads = list(TreeHead.objects.filter(size__gt=_written[folder]).order_by("size")[:EACH_TIME])
    if not heads:
        return 0
    keyring = keys()
    for head in heads:
        key = keyring.public_key(head.key_id).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write(folder / f"{head.at:%Y-%m}", head.as_dict() | {"public_key": key.decode()})
        _written[folder] = head.size
    return len(heads)


def files(folder: Path) -> Iterator[tuple[int, Path]]:
    """Size and place of every head that lies there, in no order."""
    for place in folder.glob("*/head-*.json"):
        if (size := place.stem.removeprefix("head-")).isdecimal():
            yield int(size), place


def read(place: Path) -> dict[str, Any]:
    """A head from its file; raises OSError, or ValueError for what is none."""
    said = json.loads(place.read_text(encoding="utf-8"))
    if not isinstance(said, dict) or not isinstance(said.get("size"), int) or not isinstance(said.get("root"), str):
        raise ValueError("this is no tree head")
    return said


def _write(folder: Path, head: dict[str, Any]) -> None:
    """Whole or not at all, and on the disk when this returns; a file that is there stays as it is."""
    folder.mkdir(exist_ok=True)
    place = folder / f"head-{head['size']:012d}.json"
    part = folder / f".{place.name}.{os.getpid()}"
    with part.open("w", encoding="utf-8") as file:
        json.dump(head, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, place)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        os.replace(part, place)
        return
    part.unlink()
