"""The audit log."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from kilnmark.answers.lineage import Fetched
from kilnmark.answers.operations import AuditEvent, Consistency, Inclusion, PublicKey, TreeHead
from kilnmark.asking import one, pages
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.downloads import PACKED_S, OnProgress, fetch
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Audit(Noun[Way]):
    """`client.audit`."""

    @stream
    def events(
        self, /, *, project: str | None = None, verb: str | None = None, actor: str | None = None,
        since: datetime | None = None, until: datetime | None = None, subject_kind: str | None = None,
        subject: Any = None, page_size: int | None = None, **more: Any,
    ) -> Series[AuditEvent]:  # fmt: skip
        """What happened, newest first."""
        words = {
            "project": project, "verb": verb, "actor": actor, "since": since, "until": until,
            "subject_kind": subject_kind, "subject": subject, **more,
        }  # fmt: skip
        return pages(self._link, AuditEvent, "/audit/events", words, page_size)

    @call
    def head(self) -> Plan[TreeHead]:
        """The newest signed head. Keep it elsewhere."""
        return (yield from one(self._link, TreeHead, Ask("GET", "/audit/tree-head")))

    @call
    def public_key(self) -> Plan[PublicKey]:
        """The key that checks heads."""
        return (yield from one(self._link, PublicKey, Ask("GET", "/audit/public-key")))

    @call
    def inclusion(self, *, index: int | None = None, event: Any = None, size: int | None = None) -> Plan[Inclusion]:
        """That the log holds an event."""
        words = {"index": index, "event": event, "size": size}
        return (yield from one(self._link, Inclusion, Ask("GET", "/audit/proof/inclusion", words)))

    @call
    def consistency(self, first: int, second: int | None = None) -> Plan[Consistency]:
        """That the log only grew between two sizes."""
        words = {"first": first, "second": second}
        return (yield from one(self._link, Consistency, Ask("GET", "/audit/proof/consistency", words)))

    @call
    def export(
        self, *, to: str | os.PathLike[str], details: bool = False, overwrite: bool = False,
        progress: OnProgress | None = None,
    ) -> Plan[Fetched]:  # fmt: skip
        """The whole log as JSON Lines (auditors); `docs/verify_audit.py` of the platform checks it."""
        words = {"details": details or None}
        return (
            yield from fetch(
                self._link, "/audit/export", to, "kilnmark-audit.jsonl", overwrite=overwrite, progress=progress,
                params=words, silent_s=PACKED_S,
            )
        )  # fmt: skip
