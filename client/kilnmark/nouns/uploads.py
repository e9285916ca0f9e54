"""Files on their way."""

from __future__ import annotations

import os
from typing import Any

from kilnmark.address import step
from kilnmark.answers.catalog import Upload
from kilnmark.asking import one
from kilnmark.bookmark import Bookmark, Source
from kilnmark.calls import Noun, Way, call
from kilnmark.errors import Misused
from kilnmark.link import Ask
from kilnmark.plan import Plan, work
from kilnmark.tus import PIECE_BYTES, TUS, OnProgress, Sending


class Uploads(Noun[Way]):
    """`client.uploads`; `client.datasets.upload` does all of it."""

    @call
    def send(
        self, path: str | os.PathLike[str], *, dataset: Any = None, project: str | None = None,
        progress: OnProgress | None = None, resume: str | os.PathLike[str] | bool = False,
        piece_bytes: int = PIECE_BYTES,
    ) -> Plan[Upload]:  # fmt: skip
        """A file in pieces for a data set or a project; whoever has the same `resume` file goes on where it ended."""
        if piece_bytes < 1:
            raise Misused("piece_bytes is at least 1.")
        home = {"dataset": step(dataset)} if dataset is not None else {"project": project} if project else {}
        source: Source = yield from work(lambda: Source.of(path))
        words = ",".join(f"{name}={said}" for name, said in home.items())
        bookmark = Bookmark.beside(resume, self._link.address.base, source, words)
        note = yield from Sending(self._link, source, home, bookmark, piece_bytes, progress).plan()
        upload = yield from one(self._link, Upload, Ask("GET", f"/uploads/{step(note.upload)}"))
        yield from work(bookmark.forget)
        return upload

    @call
    def get(self, id: Any) -> Plan[Upload]:
        """How much of it has arrived."""
        return (yield from one(self._link, Upload, Ask("GET", f"/uploads/{step(id)}")))

    @call
    def give_up(self, id: Any) -> Plan[None]:
        """What arrived is deleted."""
        yield from self._link.exchange(Ask("DELETE", f"/uploads/{step(id)}", headers=TUS))
