"""Windows, recurring jobs, queues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kilnmark.address import step
from kilnmark.answers.jobs import Job, Queue
from kilnmark.answers.operations import Schedule, Window
from kilnmark.asking import changed, deleted, one, pages, posted
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Windows(Noun[Way]):
    """`client.windows`: when jobs may run."""

    @stream
    def list(self, /, *, project: str | None = None, page_size: int | None = None, **more: Any) -> Series[Window]:
        """Newest first."""
        return pages(self._link, Window, "/windows", {"project": project, **more}, page_size)

    @call
    def get(self, id: Any) -> Plan[Window]:
        """As it stands now."""
        return (yield from one(self._link, Window, Ask("GET", f"/windows/{step(id)}")))

    @call
    def create(
        self, name: str, timezone: str, hours: Sequence[Mapping[str, Any]], *,
        exceptions: Sequence[Mapping[str, Any]] | None = None, project: str | None = None,
    ) -> Plan[Window]:  # fmt: skip
        """Weekly hours: [{"days": ["mon"], "from": "20:00", "to": "06:00"}]."""
        body = {"name": name, "timezone": timezone, "hours": hours, "exceptions": exceptions, "project": project}
        return (yield from posted(self._link, Window, "/windows", body))

    @call
    def change(self, /, id: Any, *, if_match: str | None = None, **changes: Any) -> Plan[Window]:
        """With `if_match=window.etag` it is refused (Changed) where somebody else was first."""
        return (yield from changed(self._link, Window, f"/windows/{step(id)}", changes, if_match))

    @call
    def delete(self, id: Any, *, if_match: str | None = None) -> Plan[None]:
        """Not while jobs are bound to it."""
        yield from deleted(self._link, f"/windows/{step(id)}", if_match)


class Schedules(Noun[Way]):
    """`client.schedules`: recurring jobs."""

    @stream
    def list(self, /, *, project: str | None = None, page_size: int | None = None, **more: Any) -> Series[Schedule]:
        """Newest first."""
        return pages(self._link, Schedule, "/schedules", {"project": project, **more}, page_size)

    @call
    def get(self, id: Any) -> Plan[Schedule]:
        """As it is now."""
        return (yield from one(self._link, Schedule, Ask("GET", f"/schedules/{step(id)}")))

    @call
    def create(
        self, name: str, body: Mapping[str, Any], *, timezone: str, days: Sequence[str], at: str,
        project: str | None = None,
    ) -> Plan[Schedule]:  # fmt: skip
        """`body` is that of `jobs.submit`, with its `kind`."""
        said = {"name": name, "body": body, "timezone": timezone, "days": days, "at": at, "project": project}
        return (yield from posted(self._link, Schedule, "/schedules", said))

    @call
    def change(self, /, id: Any, *, if_match: str | None = None, **changes: Any) -> Plan[Schedule]:
        """Whoever changes it owns it from then on."""
        return (yield from changed(self._link, Schedule, f"/schedules/{step(id)}", changes, if_match))

    @call
    def delete(self, id: Any, *, if_match: str | None = None) -> Plan[None]:
        """The jobs that it submitted stay."""
        yield from deleted(self._link, f"/schedules/{step(id)}", if_match)

    @call
    def run(self, id: Any) -> Plan[Job]:
        """Once more, beside its times."""
        return (yield from posted(self._link, Job, f"/schedules/{step(id)}/run"))

    @call
    def pause(self, id: Any) -> Plan[Schedule]:
        """Nothing is submitted until it is resumed."""
        return (yield from posted(self._link, Schedule, f"/schedules/{step(id)}/pause"))

    @call
    def resume(self, id: Any) -> Plan[Schedule]:
        """From its next time on."""
        return (yield from posted(self._link, Schedule, f"/schedules/{step(id)}/resume"))


class Queues(Noun[Way]):
    """`client.queues`: where jobs wait."""

    @stream
    def list(self) -> Series[Queue]:
        """All of them: they are few."""
        return pages(self._link, Queue, "/queues", {})

    @call
    def pause(self, name: str, reason: str = "") -> Plan[Queue]:
        """For operators: nothing is begun there until it is resumed."""
        return (yield from posted(self._link, Queue, f"/queues/{step(name)}/pause", {"reason": reason}))

    @call
    def resume(self, name: str) -> Plan[Queue]:
        """For operators."""
        return (yield from posted(self._link, Queue, f"/queues/{step(name)}/resume"))
