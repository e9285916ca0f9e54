"""Files from the platform: resumed where a connection broke, checked, and in their place only when they are whole."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from kilnmark.answers.lineage import Fetched
from kilnmark.errors import DigestMismatch, FileInTheWay, NotUnderstood
from kilnmark.link import Ask, Link
from kilnmark.names import goal
from kilnmark.plan import Broken, Close, Line, Plan, Read, Rest, work
from kilnmark.retries import Tries

OnProgress = Callable[[int, int | None], None]  # bytes that are there, and how many there will be, if that is known
PACKED_S = 300.0  # silence while the platform packs what it sends
RANGE = re.compile(r"^bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)$")
HEX = re.compile(r"^[0-9a-f]{64}$")
DIGEST = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]+):")


class Partial:
    """The bytes so far, in a file beside the goal that nobody else has open."""

    def __init__(self, to: Path) -> None:
        self.goal = to
        self.place = to.with_name(f".{to.name}.{secrets.token_hex(4)}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        self.file: BinaryIO = os.fdopen(os.open(self.place, flags, 0o666), "wb")
        self.digest, self.size = hashlib.sha256(), 0

    def add(self, piece: bytes) -> None:
        """Further bytes."""
        self.file.write(piece)
        self.digest.update(piece)
        self.size += len(piece)

    def begin_anew(self) -> None:
        """Forget what came."""
        self.file.seek(0)
        self.file.truncate()
        self.digest, self.size = hashlib.sha256(), 0

    def keep(self, overwrite: bool) -> None:
        """Into its place, whole or not at all; FileInTheWay."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if overwrite:
            os.replace(self.place, self.goal)
            return
        try:
            os.link(self.place, self.goal)
        except FileExistsError:
            raise in_the_way(self.goal) from None
        except OSError:  # a file system without hard links
            self._claim()
            os.replace(self.place, self.goal)
            return
        self.place.unlink()

    def _claim(self) -> None:
        try:
            os.close(os.open(self.goal, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            raise in_the_way(self.goal) from None

    def drop(self) -> None:
        """Leave nothing behind."""
        self.file.close()
        self.place.unlink(missing_ok=True)


def in_the_way(place: Path) -> FileInTheWay:
    """With the name alone."""
    return FileInTheWay(f"{place} exists, and is replaced only where that is asked for: --overwrite, overwrite=True.")


class Download:
    """One file on its way."""

    def __init__(
        self, link: Link, ask: Ask, to: Path, otherwise: str, *, overwrite: bool, sha256: str, on: OnProgress | None
    ) -> None:
        self.link, self.ask, self.to, self.otherwise = link, ask, to, otherwise
        self.overwrite, self.expected, self.on = overwrite, sha256, on
        self.partial: Partial | None = None
        self.tag = ""  # of what the bytes so far belong to; empty where they cannot be continued
        self.total: int | None = None

    def plan(self) -> Plan[Fetched]:
        """Fetch, check, put in place; raises ApiError, Unreachable, DigestMismatch, FileInTheWay."""
        tries = self.link.tries(long=True)
        try:
            while True:
                try:
                    yield from self._connected(tries)
                    break
                except Broken as broken:
                    yield Rest(self.link.again(tries, broken))
            return (yield from work(self._kept))
        finally:
            if self.partial:
                self.partial.drop()

    def _connected(self, tries: Tries) -> Plan[None]:
        """What one connection brings; raises Broken where it is not all."""
        have = self.partial.size if self.partial and self.tag else 0
        resume = {"Range": f"bytes={have}-", "If-Range": self.tag} if have else {}
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", **self.ask.headers, **resume}
        ask = replace(self.ask, headers=headers)
        line = yield from self.link.opened(ask)
        if line.status == 416 and have and have == self.total:
            yield Close(line)
            return
        if line.status == 416 and have:
            self.tag = ""
            yield Close(line)
            raise Broken("the rest is not to be had; beginning anew", sent=False)
        yield from self.link.unless_refused(ask, line)
        yield from work(lambda: self._begin(line, have))
        while piece := (yield Read(line, raw=True)):
            tries.begin()
            yield from work(partial(self._add, piece))
        if self.partial and self.total is not None and self.partial.size != self.total:
            raise Broken(f"{self.partial.size} of {self.total} bytes came")

    def _begin(self, line: Line, have: int) -> None:
        """Make ready for this answer's bytes; NotUnderstood for one that is no file."""
        if line.status not in (200, 206) or line.headers.get("content-encoding", "identity") != "identity":
            raise NotUnderstood(f"Expected a file, got {line.status}.")
        if self.partial is None:
            to = goal(self.to, line.headers, self.otherwise)
            if not self.overwrite and to.exists():
                raise in_the_way(to)
            self.partial = Partial(to)
        start, self.total = _extent(line)
        if start != have or line.status == 200:
            if start:
                raise NotUnderstood("Another part of the file came than was asked for.")
            self.partial.begin_anew()
        tag = line.headers.get("etag", "")
        self.tag = tag if tag.startswith('"') else ""  # a weak one vouches for no bytes (RFC 9110, section 13.1.5)
        self.expected = self.expected or announced(line.headers)

    def _add(self, piece: bytes) -> None:
        if self.partial:
            self.partial.add(piece)
            if self.on:
                self.on(self.partial.size, self.total)

    def _kept(self) -> Fetched:
        if self.partial is None:
            raise NotUnderstood("No file came.")
        found = self.partial.digest.hexdigest()
        if self.expected and found != self.expected:
            raise DigestMismatch(f"{self.partial.goal.name}: SHA-256 {self.expected} was announced, {found} came.")
        self.partial.keep(self.overwrite)
        return Fetched(self.partial.goal, self.partial.size, found, verified=bool(self.expected))


def _extent(line: Line) -> tuple[int, int | None]:
    """Where the bytes begin, and how many the whole file has, if it is said."""
    if line.status == 206:
        found = RANGE.match(line.headers.get("content-range", ""))
        if not found:
            raise NotUnderstood("A part of a file came without saying which.")
        return int(found[1]), None if found[3] == "*" else int(found[3])
    length = line.headers.get("content-length", "")
    return 0, int(length) if length.isascii() and length.isdecimal() else None


def announced(headers: Mapping[str, str]) -> str:
    """SHA-256 (hex) of the whole file: Repr-Digest (RFC 9530, section 3), or what the platform said of a file that it
    sent us elsewhere for; empty without either."""
    if HEX.match(elsewhere := headers.get("x-content-sha256", "")):
        return elsewhere
    if found := DIGEST.search(headers.get("repr-digest", "")):
        try:
            digest = base64.b64decode(found[1], validate=True)
        except binascii.Error:
            digest = b""
        if len(digest) == 32:
            return digest.hex()
    return ""


def fetch(
    link: Link,
    path: str,
    to: str | os.PathLike[str],
    otherwise: str,
    *,
    overwrite: bool = False,
    sha256: str = "",
    progress: OnProgress | None = None,
    params: Mapping[str, Any] | None = None,
    silent_s: float | None = None,
) -> Plan[Fetched]:
    """A file into `to`, or into the folder `to` under the name that the platform says, made safe, or `otherwise`."""
    ask = Ask("GET", path, params or {}, silent_s=silent_s)
    download = Download(link, ask, Path(to), otherwise, overwrite=overwrite, sha256=sha256, on=progress)
    return (yield from download.plan())
