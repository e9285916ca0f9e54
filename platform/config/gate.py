"""In front of Django: a bounded number of requests hold threads, waiting requests and static files hold none."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.db import connection
from servestatic import ServeStaticASGI

from jobs.models import ENDED, Job

Scope = dict[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
THREADS = 12
LONGEST_WAIT_S = 60.0
LOOK_EVERY_S = 0.25
_JOB = re.compile(r"^/api/v1/jobs/([0-9a-f-]{36})/?$")


class Gate:
    """The ASGI application: long polls are waited for here, event streams pass, everything else takes a seat."""

    def __init__(self, django: App) -> None:
        self.django = ServeStaticASGI(django, root=str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
        self.seats = asyncio.Semaphore(THREADS)
        self.lookers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="wait")

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.django(scope, receive, send)
            return
        if wait_s := asked_wait(scope):
            await self._settled(_JOB.match(scope["path"]), wait_s)
        if streams(scope):
            await self.django(scope, receive, send)
            return
        async with self.seats:
            await self.django(scope, receive, send)

    async def _settled(self, match: re.Match[str] | None, wait_s: float) -> None:
        """Return when the job has ended or the time is over; who may see it is Django's to say afterwards."""
        if match is None:
            return
        deadline = time.monotonic() + wait_s
        loop = asyncio.get_running_loop()
        while time.monotonic() < deadline:
            if await loop.run_in_executor(self.lookers, is_settled, match[1]):
                return
            await asyncio.sleep(LOOK_EVERY_S)


def asked_wait(scope: Scope) -> float:
    """Seconds asked for by `?wait=`, at most a minute; 0 where there is no such word or it is no number."""
    said = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("wait", ["0"])[0]
    return min(float(said), LONGEST_WAIT_S) if said.isdecimal() and scope["method"] == "GET" else 0.0


def streams(scope: Scope) -> bool:
    """Whether the client asked for an event stream, which is async and holds no thread."""
    return any(name == b"accept" and b"text/event-stream" in value for name, value in scope["headers"])


def is_settled(job_id: str) -> bool:
    """Whether nothing more will happen to a job by itself (or there is none)."""
    try:
        state = Job.objects.filter(pk=job_id).values_list("state", flat=True).first()
        return state is None or state in ENDED or state in ("held", "paused")
    except ValueError:
        return True
    finally:
        connection.close()
