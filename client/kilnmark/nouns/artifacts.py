"""Generated files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kilnmark.address import step
from kilnmark.answers.lineage import Artifact, Fetched
from kilnmark.asking import one, pages, posted
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.downloads import PACKED_S, OnProgress, fetch
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Artifacts(Noun[Way]):
    """`client.artifacts`. An artifact is named by its id or by an Artifact."""

    @stream
    def list(
        self, /, *, job: Any = None, model_version: Any = None, sha256: str | None = None, project: str | None = None,
        order: str | None = None, page_size: int | None = None, **more: Any,
    ) -> Series[Artifact]:  # fmt: skip
        """Newest first."""
        words = {"job": job, "model_version": model_version, "sha256": sha256, "project": project, "order": order}
        return pages(self._link, Artifact, "/artifacts", {**words, **more}, page_size)

    @call
    def get(self, id: Any) -> Plan[Artifact]:
        """What is known about it."""
        return (yield from one(self._link, Artifact, Ask("GET", f"/artifacts/{step(id)}")))

    @call
    def download(
        self, id: Any, *, to: str | os.PathLike[str], overwrite: bool = False, progress: OnProgress | None = None
    ) -> Plan[Fetched]:
        """Its bytes into a file or a folder: resumed where the line broke, checked against its digest, then renamed.

        Raises DigestMismatch, FileInTheWay.
        """
        known = id if isinstance(id, Artifact) else (yield from one(self._link, Artifact, _ask(id)))
        path = f"/artifacts/{step(known)}/content"
        return (
            yield from fetch(
                self._link, path, to, step(known), overwrite=overwrite, sha256=known.sha256, progress=progress
            )
        )

    @call
    def credential(self, id: Any, *, to: str | os.PathLike[str], overwrite: bool = False) -> Plan[Fetched]:
        """The C2PA manifest store beside a file that has no room for one."""
        return (yield from self._beside(id, "credential", ".c2pa", to, overwrite))

    @call
    def label(self, id: Any, *, to: str | os.PathLike[str], overwrite: bool = False) -> Plan[Fetched]:
        """The label (XMP) beside a file that has no room for one."""
        return (yield from self._beside(id, "label", ".xmp", to, overwrite))

    @call
    def evidence(self, id: Any, *, to: str | os.PathLike[str], overwrite: bool = False) -> Plan[Fetched]:
        """An evidence bundle that can be checked without the platform: `kilnmark verify --offline --proof`."""
        return (yield from self._beside(id, "evidence", "-evidence.zip", to, overwrite))

    @call
    def manifest(self, id: Any) -> Plan[Mapping[str, Any]]:
        """What made it."""
        said, _ = yield from self._link.json(Ask("GET", f"/artifacts/{step(id)}/manifest"))
        return dict(said)

    @call
    def proof(self, id: Any) -> Plan[Mapping[str, Any]]:
        """That the log holds it."""
        said, _ = yield from self._link.json(Ask("GET", f"/artifacts/{step(id)}/proof"))
        return dict(said)

    @call
    def flag(self, id: Any, reason: str) -> Plan[Artifact]:
        """Something is wrong with it; a reviewer decides."""
        return (yield from posted(self._link, Artifact, f"/artifacts/{step(id)}/flag", {"reason": reason}))

    @call
    def withdraw(self, id: Any, comment: str) -> Plan[Artifact]:
        """For reviewers: there is no way back."""
        return (yield from posted(self._link, Artifact, f"/artifacts/{step(id)}/withdraw", {"comment": comment}))

    def _beside(self, id: Any, what: str, end: str, to: str | os.PathLike[str], overwrite: bool) -> Plan[Fetched]:
        path = f"/artifacts/{step(id)}/{what}"
        return (yield from fetch(self._link, path, to, f"{step(id)}{end}", overwrite=overwrite, silent_s=PACKED_S))


def _ask(id: Any) -> Ask:
    return Ask("GET", f"/artifacts/{step(id)}")
