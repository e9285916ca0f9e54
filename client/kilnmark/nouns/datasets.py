"""Data sets and their versions."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from kilnmark.address import step
from kilnmark.answers.catalog import Dataset, DatasetVersion, NewVersion
from kilnmark.answers.lineage import Fetched
from kilnmark.asking import one, pages, posted
from kilnmark.bringing import SMALL_BYTES, bring
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.downloads import fetch
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series
from kilnmark.tus import PIECE_BYTES, OnProgress


class Datasets(Noun[Way]):
    """`client.datasets`. A data set is named by its id or by a Dataset."""

    @stream
    def list(
        self, /, *, project: str | None = None, order: str | None = None, page_size: int | None = None, **more: Any
    ) -> Series[Dataset]:
        """Newest first."""
        return pages(self._link, Dataset, "/datasets", {"project": project, "order": order, **more}, page_size)

    @call
    def get(self, id: Any) -> Plan[Dataset]:
        """With its newest versions."""
        return (yield from one(self._link, Dataset, Ask("GET", f"/datasets/{step(id)}")))

    @call
    def declare(
        self, /, name: str, modality: str, declaration: Mapping[str, Any], *, project: str | None = None, **more: Any
    ) -> Plan[Dataset]:
        """Where the data comes from and what it may be used for: `source`, `licence`, `legal_basis`, ..."""
        body = {"name": name, "modality": modality, "declaration": dict(declaration), "project": project, **more}
        return (yield from posted(self._link, Dataset, "/datasets", body))

    @call
    def upload(
        self, id: Any, path: str | os.PathLike[str], *, options: Mapping[str, Any] | None = None,
        progress: OnProgress | None = None, resume: str | os.PathLike[str] | bool = True,
        small_bytes: int = SMALL_BYTES, piece_bytes: int = PIECE_BYTES,
    ) -> Plan[NewVersion]:  # fmt: skip
        """A version from a file. From `small_bytes` on it goes in pieces, each with its checksum, and can be resumed.

        `resume` is a file that remembers how far it came: True keeps one for each file below ~/.local/state, False
        none. The same call after the program was killed goes on from there. `progress(arrived, total)` is called in
        bytes. The version is read by a job: `client.jobs.wait(version.job)`.
        """
        return (
            yield from bring(
                self._link, step(id), path, options=json.loads(json.dumps(dict(options or {}))), on=progress,
                resume=resume, small_bytes=small_bytes, piece_bytes=piece_bytes,
            )
        )  # fmt: skip

    @call
    def builtin(self, id: Any, name: str, *, options: Mapping[str, Any] | None = None) -> Plan[NewVersion]:
        """A version from a built-in set, such as mnist5k."""
        body = {"builtin": name, "options": dict(options) if options else None}
        return (yield from posted(self._link, NewVersion, f"/datasets/{step(id)}/versions", body))

    @call
    def version(self, id: Any, number: int) -> Plan[DatasetVersion]:
        """What was found in the files."""
        return (yield from one(self._link, DatasetVersion, Ask("GET", f"/datasets/{step(id)}/versions/{int(number)}")))

    @call
    def picture(
        self, id: Any, number: int, name: str = "preview", *, to: str | os.PathLike[str], overwrite: bool = False
    ) -> Plan[Fetched]:
        """`preview` or `mean` of a version (PNG)."""
        path = f"/datasets/{step(id)}/versions/{int(number)}/{step(name)}"
        return (yield from fetch(self._link, path, to, f"{step(name)}.png", overwrite=overwrite))

    @call
    def erase(self, /, id: Any, **said: Any) -> Plan[Dataset]:
        """Its bytes, names and free text go; ids, digests and counts stay."""
        return (yield from posted(self._link, Dataset, f"/datasets/{step(id)}/erase", said))
