"""Reviews, and names that move from one version to the next."""

from __future__ import annotations

from typing import Any

from kilnmark.address import step
from kilnmark.answers.catalog import Alias, Standing
from kilnmark.answers.operations import Review
from kilnmark.asking import given, one, pages, posted
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Reviews(Noun[Way]):
    """`client.reviews`."""

    @stream
    def list(
        self, /, *, open: bool | None = None, project: str | None = None, subject_kind: str | None = None,
        subject: Any = None, page_size: int | None = None, **more: Any,
    ) -> Series[Review]:  # fmt: skip
        """Decisions, newest first; with `open=True` what waits for one."""
        words = {"open": open, "project": project, "subject_kind": subject_kind, "subject": subject, **more}
        return pages(self._link, Review, "/reviews", words, page_size)

    @call
    def decide(
        self, decision: str, *, request: Any = None, subject_kind: str | None = None, subject: Any = None,
        comment: str = "",
    ) -> Plan[Review]:  # fmt: skip
        """On a `request` (an id, or a Review of `list(open=True)`), or on a thing. Four eyes."""
        asked = getattr(request, "request", None) or request
        body = {"request": asked, "subject_kind": subject_kind, "subject": getattr(subject, "id", subject)}
        return (yield from posted(self._link, Review, "/reviews", {**body, "decision": decision, "comment": comment}))


class Aliases(Noun[Way]):
    """`client.aliases`: an alias is named by its id or as model@name."""

    @stream
    def list(
        self, /, *, project: str | None = None, model: Any = None, page_size: int | None = None, **more: Any
    ) -> Series[Alias]:
        """Newest first."""
        return pages(self._link, Alias, "/aliases", {"project": project, "model": model, **more}, page_size)

    @call
    def get(self, id: Any, *, project: str | None = None) -> Plan[Alias]:
        """With its history."""
        return (yield from one(self._link, Alias, Ask("GET", f"/aliases/{step(id)}", {"project": project})))

    @call
    def at(self, id: Any, moment: Any, *, project: str | None = None) -> Plan[Standing]:
        """What it stood for on a date, or at a time with its zone."""
        said = moment.isoformat() if hasattr(moment, "isoformat") else moment
        return (
            yield from one(self._link, Standing, Ask("GET", f"/aliases/{step(id)}", {"at": said, "project": project}))
        )

    @call
    def propose(
        self, name: str, version: Any, *, model: Any = None, reason: str = "", project: str | None = None
    ) -> Plan[Alias]:
        """What it is to stand for: a number, an id or name@number; None for nothing any more."""
        said = str(getattr(version, "id", version)) if version is not None else None
        body = given({"name": name, "model": getattr(model, "id", model), "reason": reason, "project": project})
        return (yield from one(self._link, Alias, Ask("POST", "/aliases", body={**body, "version": said})))

    @call
    def approve(self, id: Any, comment: str = "") -> Plan[Alias]:
        """From now on it stands for what was proposed. Four eyes."""
        return (yield from posted(self._link, Alias, f"/aliases/{step(id)}/approve", {"comment": comment}))

    @call
    def reject(self, id: Any, comment: str) -> Plan[Alias]:
        """It stays as it is."""
        return (yield from posted(self._link, Alias, f"/aliases/{step(id)}/reject", {"comment": comment}))

    @call
    def withdraw(self, id: Any, comment: str = "") -> Plan[Alias]:
        """Who proposed takes it back."""
        return (yield from posted(self._link, Alias, f"/aliases/{step(id)}/withdraw", {"comment": comment}))
