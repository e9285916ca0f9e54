"""Where events are delivered to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kilnmark.address import step
from kilnmark.answers.operations import Delivery, Replayed, Webhook
from kilnmark.asking import changed, deleted, one, pages, posted
from kilnmark.calls import Noun, Way, call, stream
from kilnmark.link import Ask
from kilnmark.plan import Plan, Series


class Webhooks(Noun[Way]):
    """`client.webhooks`."""

    @stream
    def list(self, /, *, project: str | None = None, page_size: int | None = None, **more: Any) -> Series[Webhook]:
        """Newest first."""
        return pages(self._link, Webhook, "/webhooks", {"project": project, **more}, page_size)

    @call
    def get(self, id: Any) -> Plan[Webhook]:
        """How it stands."""
        return (yield from one(self._link, Webhook, Ask("GET", f"/webhooks/{step(id)}")))

    @call
    def create(
        self, /, name: str, url: str, *, types: Sequence[str] | None = None, project: str | None = None, **more: Any
    ) -> Plan[Webhook]:
        """`secret` checks its signatures, and is shown this once."""
        body = {"name": name, "url": url, "types": types, "project": project, **more}
        return (yield from posted(self._link, Webhook, "/webhooks", body))

    @call
    def change(self, /, id: Any, *, if_match: str | None = None, **changes: Any) -> Plan[Webhook]:
        """What is not named stays."""
        return (yield from changed(self._link, Webhook, f"/webhooks/{step(id)}", changes, if_match))

    @call
    def delete(self, id: Any, *, if_match: str | None = None) -> Plan[None]:
        """Nothing more is delivered."""
        yield from deleted(self._link, f"/webhooks/{step(id)}", if_match)

    @stream
    def deliveries(self, /, id: Any, *, page_size: int | None = None, **more: Any) -> Series[Delivery]:
        """What was sent, newest first."""
        return pages(self._link, Delivery, f"/webhooks/{step(id)}/deliveries", more, page_size)

    @call
    def delivery(self, id: Any, delivery: Any) -> Plan[Delivery]:
        """With its attempts, its payload and what was answered last."""
        return (yield from one(self._link, Delivery, Ask("GET", f"/webhooks/{step(id)}/deliveries/{step(delivery)}")))

    @call
    def ping(self, id: Any) -> Plan[Delivery]:
        """Send a test."""
        return (yield from posted(self._link, Delivery, f"/webhooks/{step(id)}/ping"))

    @call
    def replay(self, id: Any, *, since: datetime | None = None, delivery: Any = None) -> Plan[Replayed]:
        """Send one delivery again, or all that has happened since a time."""
        body = {"since": since.isoformat() if since else None, "delivery": getattr(delivery, "id", delivery)}
        return (yield from posted(self._link, Replayed, f"/webhooks/{step(id)}/replay", body))

    @call
    def rotate(self, id: Any) -> Plan[Webhook]:
        """A new `secret`; for a day the former one signs too."""
        return (yield from posted(self._link, Webhook, f"/webhooks/{step(id)}/rotate"))

    @call
    def pause(self, id: Any) -> Plan[Webhook]:
        """Nothing is sent until it is resumed."""
        return (yield from posted(self._link, Webhook, f"/webhooks/{step(id)}/pause"))

    @call
    def resume(self, id: Any) -> Plan[Webhook]:
        """Of what happens from now on."""
        return (yield from posted(self._link, Webhook, f"/webhooks/{step(id)}/resume"))
