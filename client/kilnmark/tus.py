"""Large files in pieces, each with its checksum, resumed where the platform says it stands (tus 1.0)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kilnmark.address import step
from kilnmark.answers.catalog import Upload
from kilnmark.bookmark import Bookmark, Note, Source
from kilnmark.errors import ApiError, NotUnderstood
from kilnmark.link import Ask, Link, Reply
from kilnmark.plan import Broken, Plan, Rest, work

OnProgress = Callable[[int, int], None]  # bytes that arrived, bytes in all
PIECE_BYTES = 4 << 20
TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = "application/offset+octet-stream"
GONE = (404, 410)  # it expired, or was used
LOCKED, DAMAGED = 423, 460
MOST_DAMAGED = 5  # of one piece, one after the other


@dataclass(frozen=True)
class Sending:
    """One file for one platform; `home` is {"dataset": id} or {"project": name or id}."""

    link: Link
    source: Source
    home: Mapping[str, str]
    bookmark: Bookmark
    piece_bytes: int = PIECE_BYTES
    on: OnProgress | None = None

    @property
    def place(self) -> str:
        """The home as it is noted."""
        return ",".join(f"{name}={said}" for name, said in sorted(self.home.items()))

    def plan(self) -> Plan[Note]:
        """Bring the whole file there; goes on where an earlier run was stopped."""
        note = yield from work(lambda: self.bookmark.read(self.link.address.base, self.source, self.place))
        if note is not None and not note.arrived:
            try:
                return (yield from self._send(note))
            except ApiError as error:
                if error.status not in GONE:
                    raise
                note = None
        if note is None:
            note = yield from self._begun()
            note = yield from self._send(note)
        return note

    def _begun(self) -> Plan[Note]:
        """An upload that is open: quota, size and disk were checked."""
        said = {"filename": self.source.path.name, **self.home}
        headers = {
            **TUS,
            "Upload-Length": str(self.source.size),
            "Upload-Metadata": ",".join(f"{name} {coded(text.encode())}" for name, text in said.items()),
        }
        body, _ = yield from self.link.json(Ask("POST", "/uploads", headers=headers))
        upload, base = step(Upload.of(body)), self.link.address.base
        source = self.source
        note = Note(base, str(source.path), source.size, source.changed_ns, self.place, upload, self.link.key())
        yield from work(lambda: self.bookmark.write(note))
        return note

    def _send(self, note: Note) -> Plan[Note]:
        """From where it stands to its end; raises ApiError, Unreachable, FileChanged."""
        tries, damaged, at = self.link.tries(long=True), 0, -1
        while at < self.source.size:
            try:
                if at < 0:
                    at = yield from self._offset(note)
                else:
                    at, before = (yield from self._piece(note, at)), at
                    if at <= before:
                        raise Broken("nothing of a piece was kept")
                    tries.begin()
                    damaged = 0
                if self.on:
                    self.on(at, self.source.size)
            except Broken as broken:
                at = -1
                yield Rest(self.link.again(tries, broken))
            except ApiError as error:
                damaged += error.status == DAMAGED
                if not elsewhere(error) or damaged > MOST_DAMAGED:
                    raise
                at = -1
                yield Rest(self.link.again(tries, Broken(str(error), after_s=error.retry_after_s or 0.0)))
        done = replace(note, arrived=True)
        yield from work(lambda: self.bookmark.write(done))
        return done

    def _offset(self, note: Note) -> Plan[int]:
        """How much has arrived."""
        ask = Ask("HEAD", f"/uploads/{step(note.upload)}", headers=TUS)
        found = offset((yield from self.link.heard(ask)))
        if found > self.source.size:
            raise NotUnderstood("More has arrived than there is.")
        return found

    def _piece(self, note: Note, at: int) -> Plan[int]:
        """Send the next piece; how much has arrived then. Raises Broken where it is not known what became of it."""
        piece, digest = yield from work(lambda: self._read(at))
        headers = {
            **TUS,
            "Upload-Offset": str(at),
            "Upload-Checksum": f"sha256 {coded(digest)}",
            "Content-Type": OCTETS,
        }
        ask = Ask("PATCH", f"/uploads/{step(note.upload)}", headers=headers, content=piece, safe=True)
        return offset((yield from self.link.heard(ask)))

    def _read(self, at: int) -> tuple[bytes, bytes]:
        piece = self.source.piece(at, self.piece_bytes)
        return piece, hashlib.sha256(piece).digest()


def elsewhere(error: ApiError) -> bool:
    """Whether a look at the offset helps: it moved, another sender is at it, or bytes were damaged on the way."""
    return error.status in (LOCKED, DAMAGED) or (error.status == 409 and error.code == "wrong_offset")


def offset(reply: Reply) -> int:
    """Upload-Offset; NotUnderstood without one."""
    said = reply.headers.get("upload-offset", "")
    if not (said.isascii() and said.isdecimal() and len(said) < 19):
        raise NotUnderstood("Expected the header Upload-Offset of tus 1.0: is this the address of a platform?")
    return int(said)


def coded(said: bytes) -> str:
    """Base64."""
    return base64.b64encode(said).decode()
