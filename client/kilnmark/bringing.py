"""A file becomes a version of a data set: small ones as one form, large ones in pieces that are then named."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kilnmark.answers.catalog import NewVersion
from kilnmark.asking import one
from kilnmark.bookmark import Bookmark, Source
from kilnmark.errors import ApiError, Misused
from kilnmark.link import Ask, Link
from kilnmark.plan import Form, Plan, work
from kilnmark.tus import GONE, OnProgress, Sending

SMALL_BYTES = 8 << 20
CONFLICT = "idempotency_conflict"


def form_of(path: Path, texts: Mapping[str, str]) -> Form:
    """A file and texts; the boundary is drawn once, so that each try is the same."""
    return Form(secrets.token_hex(16), texts, path, path.name)


def bring(
    link: Link,
    dataset: str,
    path: str | os.PathLike[str],
    *,
    options: Mapping[str, Any],
    on: OnProgress | None,
    resume: str | os.PathLike[str] | bool,
    small_bytes: int,
    piece_bytes: int,
) -> Plan[NewVersion]:
    """The new version; raises ApiError, Unreachable, FileChanged, and OSError for a file that cannot be read."""
    if piece_bytes < 1:
        raise Misused("piece_bytes is at least 1.")
    source: Source = yield from work(lambda: Source.of(path))
    place = f"/datasets/{dataset}/versions"
    if source.size >= small_bytes:
        home = {"dataset": dataset}
        bookmark = Bookmark.beside(resume, link.address.base, source, f"dataset={dataset}")
        sending = Sending(link, source, home, bookmark, piece_bytes, on)
        return (yield from _large(sending, place, options))
    ask = Ask("POST", place, form=form_of(source.path, {"options": json.dumps(options)}))
    version = yield from one(link, NewVersion, ask)
    if on:
        on(source.size, source.size)
    return version


def _large(sending: Sending, place: str, options: Mapping[str, Any]) -> Plan[NewVersion]:
    """Send, then say what it is; an upload that is gone by then, from an earlier run, is sent anew."""
    old = yield from work(lambda: sending.bookmark.read(sending.link.address.base, sending.source, sending.place))
    while True:
        note = yield from sending.plan()
        ask = Ask("POST", place, body={"upload": note.upload, "options": options},
                  headers={"Idempotency-Key": note.key})  # fmt: skip
        try:
            version = yield from one(sending.link, NewVersion, ask, long=True)
        except ApiError as error:
            gone = error.status in GONE or error.code == CONFLICT
            if gone:
                yield from work(sending.bookmark.forget)
            if not gone or error.code == CONFLICT or old is None or old.upload != note.upload:
                raise
            continue
        yield from work(sending.bookmark.forget)
        return version
