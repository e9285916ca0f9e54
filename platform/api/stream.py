"""What happens in a job as Server-Sent Events: an async loop that holds no thread and no connection."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from rest_framework.utils.encoders import JSONEncoder

from api.lookout import PROGRESS, Lookout
from jobs.models import JobEvent

HEARTBEAT_S = 15.0
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)
END = b"event: end\ndata: {}\n\n"


async def stream(
    lookout: Lookout, job_id: UUID, after: int, heartbeat_s: float = HEARTBEAT_S
) -> AsyncGenerator[bytes, None]:
    """Everything after event `after`, until the job has ended; a comment line when nothing happens for long.

    Events carry their id, for `Last-Event-ID` after a broken line; progress has none: only the latest counts.
    """
    progress: tuple[Any, ...] | None = None
    while True:
        news = await lookout.news(job_id, after, progress, heartbeat_s)
        if news is None:
            yield b": still here\n\n"
            continue
        if news.progress != progress:
            progress = news.progress
            yield message("progress", dict(zip(PROGRESS, progress, strict=False)))
        for event in news.events:
            after = event.pk
            yield of_event(event)
        if news.ended:
            yield END
            return


def of_event(event: JobEvent) -> bytes:
    """One event with its id."""
    return f"id: {event.pk}\n".encode() + message(event.type, {"at": event.at, "data": event.data})


def message(kind: str, body: dict[str, Any]) -> bytes:
    """One message; JSON holds no line break."""
    return f"event: {kind}\ndata: {json.dumps(body, cls=JSONEncoder)}\n\n".encode()
