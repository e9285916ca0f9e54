"""All nouns of one platform, and the two calls that belong to none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kilnmark.answers.lineage import Verdict
from kilnmark.bringing import form_of
from kilnmark.calls import Noun, Way, call
from kilnmark.errors import Misused
from kilnmark.link import Ask, Link
from kilnmark.nouns.accounts import Plugins, ServiceAccounts, Tokens
from kilnmark.nouns.artifacts import Artifacts
from kilnmark.nouns.datasets import Datasets
from kilnmark.nouns.decisions import Aliases, Reviews
from kilnmark.nouns.jobs import Jobs
from kilnmark.nouns.log import Audit
from kilnmark.nouns.models import Models
from kilnmark.nouns.operations import Queues, Schedules, Windows
from kilnmark.nouns.projects import Projects
from kilnmark.nouns.uploads import Uploads
from kilnmark.nouns.webhooks import Webhooks
from kilnmark.plan import Plan
from kilnmark.waiting import wait


class Platform(Noun[Way]):
    """What both clients are."""

    def __init__(self, link: Link, way: Way) -> None:
        super().__init__(link, way)
        self.jobs: Jobs[Way] = Jobs(link, way)
        self.datasets: Datasets[Way] = Datasets(link, way)
        self.models: Models[Way] = Models(link, way)
        self.artifacts: Artifacts[Way] = Artifacts(link, way)
        self.projects: Projects[Way] = Projects(link, way)
        self.windows: Windows[Way] = Windows(link, way)
        self.schedules: Schedules[Way] = Schedules(link, way)
        self.aliases: Aliases[Way] = Aliases(link, way)
        self.reviews: Reviews[Way] = Reviews(link, way)
        self.webhooks: Webhooks[Way] = Webhooks(link, way)
        self.tokens: Tokens[Way] = Tokens(link, way)
        self.service_accounts: ServiceAccounts[Way] = ServiceAccounts(link, way)
        self.audit: Audit[Way] = Audit(link, way)
        self.plugins: Plugins[Way] = Plugins(link, way)
        self.uploads: Uploads[Way] = Uploads(link, way)
        self.queues: Queues[Way] = Queues(link, way)

    @property
    def url(self) -> str:
        """Where the platform is."""
        return self._link.address.base

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    @call
    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Plan[Any]:  # fmt: skip
        """Any path below `/api/v1`, as JSON: with the same tries, keys and errors as everything else."""
        if not path.startswith("/") or ".." in path:
            raise Misused("A path begins with a slash: /jobs.")
        ask = Ask(method.upper(), path, params or {}, body, headers or {})
        said, _ = yield from self._link.json(ask)
        return said

    @call
    def verify(
        self, path: str | os.PathLike[str], *, project: str | None = None, timeout: float | None = 300.0
    ) -> Plan[Verdict]:
        """Is this file (or are these in a zip) from the platform? Raises WaitEnded after `timeout` seconds."""
        form = form_of(Path(path), {"project": project} if project else {})
        said, _ = yield from self._link.json(Ask("POST", "/verify", form=form, silent_s=self._link.timeout_s + 15))
        if "verdict" not in said:
            job = yield from wait(self._link, said["job"]["id"], timeout, still=False)
            said, _ = yield from self._link.json(Ask("GET", f"/verify/{job.id}"))
        return Verdict.of(said)
