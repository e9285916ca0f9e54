"""Models, their versions, and decisions about them."""

from __future__ import annotations

import os
from typing import Any

from kilnmark.address import step
from kilnmark.answers.catalog import Model, ModelVersion
from kilnmark.answers.lineage import Fetched
from kilnmark.asking import one, pages
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.downloads import OnProgress, fetch
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Models(Noun[Way]):
    """`client.models`. A model is named by its id or name, a version by its number or an alias."""

    @stream
    def list(
        self, /, *, project: str | None = None, name: str | None = None, order: str | None = None,
        page_size: int | None = None, **more: Any,
    ) -> Series[Model]:  # fmt: skip
        """Newest first."""
        words = {"project": project, "name": name, "order": order, **more}
        return pages(self._link, Model, "/models", words, page_size)

    @call
    def get(self, id: Any, *, project: str | None = None) -> Plan[Model]:
        """With its newest versions and its aliases."""
        return (yield from one(self._link, Model, Ask("GET", f"/models/{step(id)}", {"project": project})))

    @call
    def version(self, id: Any, number: int | str, *, project: str | None = None) -> Plan[ModelVersion]:
        """Its figures and where it stands."""
        return (yield from one(self._link, ModelVersion, Ask("GET", _place(id, number), {"project": project})))

    @call
    def approve(self, id: Any, number: int, comment: str = "", *, project: str | None = None) -> Plan[ModelVersion]:
        """It may be used. Four eyes: neither who trained it nor who brought the data."""
        return (yield from self._decide(id, number, "approve", comment, project))

    @call
    def reject(self, id: Any, number: int, comment: str, *, project: str | None = None) -> Plan[ModelVersion]:
        """A draft is not used; the comment says why."""
        return (yield from self._decide(id, number, "reject", comment, project))

    @call
    def retire(self, id: Any, number: int, comment: str = "", *, project: str | None = None) -> Plan[ModelVersion]:
        """No new jobs; what it made stays as it is."""
        return (yield from self._decide(id, number, "retire", comment, project))

    @call
    def revoke(self, id: Any, number: int, comment: str, *, project: str | None = None) -> Plan[ModelVersion]:
        """No new jobs, and verdicts on what it made say so; the comment says why."""
        return (yield from self._decide(id, number, "revoke", comment, project))

    @call
    def confirm(self, id: Any, number: int, comment: str = "", *, project: str | None = None) -> Plan[ModelVersion]:
        """An approved version whose parent was revoked may be used all the same."""
        return (yield from self._decide(id, number, "confirm", comment, project))

    @call
    def bundle(
        self, id: Any, number: int | str, *, to: str | os.PathLike[str], overwrite: bool = False,
        progress: OnProgress | None = None, project: str | None = None,
    ) -> Plan[Fetched]:  # fmt: skip
        """Graphs, weights, figures, cards, manifest and signature, as a zip."""
        path, otherwise = f"{_place(id, number)}/bundle", f"{step(id)}-v{step(number)}.zip"
        words = {"project": project}
        return (yield from fetch(self._link, path, to, otherwise, overwrite=overwrite, progress=progress, params=words))

    @call
    def card(
        self, id: Any, number: int | str, *, to: str | os.PathLike[str], lang: str = "en", overwrite: bool = False,
        project: str | None = None,
    ) -> Plan[Fetched]:  # fmt: skip
        """Data, parameters, figures, limits (Markdown), in English or Chinese (`zh`)."""
        words = {"lang": lang, "project": project}
        return (
            yield from fetch(self._link, f"{_place(id, number)}/card", to, "card.md", overwrite=overwrite, params=words)
        )

    def _decide(self, id: Any, number: int, verb: str, comment: str, project: str | None) -> Plan[ModelVersion]:
        ask = Ask("POST", f"{_place(id, number)}/{verb}", {"project": project}, body={"comment": comment})
        return (yield from one(self._link, ModelVersion, ask))


def _place(id: Any, number: int | str) -> str:
    return f"/models/{step(id)}/versions/{step(getattr(number, 'number', number))}"
