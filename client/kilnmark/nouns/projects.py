"""Projects, people in them, and what happens there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kilnmark.address import step
from kilnmark.answers.accounts import Invitation, Member, Project
from kilnmark.answers.jobs import Event
from kilnmark.asking import changed, deleted, one, pages, posted
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.events import events
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Projects(Noun[Way]):
    """`client.projects`. A project is named by its id or by a Project."""

    @stream
    def list(self, /, *, page_size: int | None = None, **more: Any) -> Series[Project]:
        """Those that you may see, newest first."""
        return pages(self._link, Project, "/projects", more, page_size)

    @call
    def get(self, id: Any) -> Plan[Project]:
        """With its quotas and its use."""
        return (yield from one(self._link, Project, Ask("GET", f"/projects/{step(id)}")))

    @call
    def create(self, name: str, title: str = "") -> Plan[Project]:
        """For superusers; whoever makes it owns it."""
        return (yield from posted(self._link, Project, "/projects", {"name": name, "title": title}))

    @call
    def change(self, /, id: Any, *, if_match: str | None = None, **limits: Any) -> Plan[Project]:
        """Weight and quotas; what is not named stays."""
        return (yield from changed(self._link, Project, f"/projects/{step(id)}", limits, if_match))

    @stream
    def events(self, id: Any, *, after: int | None = None, types: Sequence[str] | None = None) -> Series[Event]:
        """What happens in its jobs, as it happens, without end; goes on after broken lines and restarts.

        From now on, or from after the event `after`; of `types`, else state and progress.
        """
        words = {"types": ",".join(types)} if types else {}
        return events(self._link, f"/projects/{step(id)}/events", after, words)

    @stream
    def members(self, /, id: Any, *, page_size: int | None = None, **more: Any) -> Series[Member]:
        """Who is in it."""
        return pages(self._link, Member, f"/projects/{step(id)}/members", more, page_size)

    @call
    def let_in(self, id: Any, username: str, role: str) -> Plan[Member]:
        """Somebody who has an account: viewer, submitter, reviewer or owner (owners)."""
        return (
            yield from posted(self._link, Member, f"/projects/{step(id)}/members", {"username": username, "role": role})
        )

    @call
    def give_role(self, id: Any, username: Any, role: str, *, if_match: str | None = None) -> Plan[Member]:
        """Another role for a member (owners)."""
        path = f"/projects/{step(id)}/members/{step(username)}"
        return (yield from changed(self._link, Member, path, {"role": role}, if_match))

    @call
    def take_out(self, id: Any, username: str, *, if_match: str | None = None) -> Plan[None]:
        """A member is none any more (owners)."""
        yield from deleted(self._link, f"/projects/{step(id)}/members/{step(username)}", if_match)

    @stream
    def invitations(self, id: Any, *, page_size: int | None = None) -> Series[Invitation]:
        """Who was invited and has not come yet."""
        return pages(self._link, Invitation, f"/projects/{step(id)}/invitations", {}, page_size)

    @call
    def invite(
        self, id: Any, username: str, *, role: str = "submitter", name: str = "", email: str = ""
    ) -> Plan[Invitation]:
        """Somebody who has no account yet; `link` is shown this once."""
        body = {"username": username, "role": role, "name": name, "email": email}
        return (yield from posted(self._link, Invitation, f"/projects/{step(id)}/invitations", body))

    @call
    def uninvite(self, id: Any, username: str) -> Plan[None]:
        """The link works no longer."""
        yield from deleted(self._link, f"/projects/{step(id)}/invitations/{step(username)}")
