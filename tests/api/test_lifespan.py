"""A web process that is stopped writes what it counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.gate import Gate
from audit.models import HourlyCount
from audit.tally import Tally
from config.asgi import django


@pytest.mark.django_db(transaction=True)
def test_what_was_counted_is_written_when_the_server_shuts_down(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, sent = Tally(), []
    monkeypatch.setattr("api.lifespan.tally", counts)
    counts.note(actor="ada", verb="artifact.read", subject=("artifact", "1"))

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def live() -> None:
        told: asyncio.Queue[Any] = asyncio.Queue()
        for word in ("startup", "shutdown"):
            told.put_nowait({"type": f"lifespan.{word}"})
        await Gate(django)({"type": "lifespan"}, told.get, send)

    asyncio.run(live())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert HourlyCount.objects.get().count == 1
