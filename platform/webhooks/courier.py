"""Carries deliveries out of a web process: a thread with a loop of its own, beside requests and never in their way.

Each round reads on in the log, takes what is due, and sends each in a task. A dead endpoint holds one place of a
bounded number for such, never one of those that answer. Rows are touched from one further thread, so that a database
that is slow keeps no connection waiting.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpcore
from django.db import DatabaseError, connection

from config import clock
from webhooks.address import Network
from webhooks.claims import claim, give_back, record
from webhooks.connection import Checked, pool
from webhooks.follow import EVENTS, follow
from webhooks.post import Outcome, Parcel, post

log = logging.getLogger(__name__)
ROUND_S = 1.0  # between two looks for what happened and what is due
TROUBLED_S = 5.0  # after a round that failed
LIVE, FAILING = 128, 32  # tries at once, for endpoints that answer and for those that did not
STOP_S = 3.0  # for what is on its way when the process ends


class Courier:
    """One for each web process; any number of them share the work."""

    def __init__(self, allowed: Sequence[Network], backend: httpcore.AsyncNetworkBackend | None = None) -> None:
        self.allowed = allowed
        self.backend = backend or Checked(allowed)
        self.thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self.rows = ThreadPoolExecutor(1, thread_name_prefix="courier-rows")
        self.under_way: dict[asyncio.Task[None], bool] = {}  # whether to an endpoint that fails
        self.stopping = threading.Event()
        self.woken: asyncio.Event | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin."""
        self.thread.start()

    def stop(self) -> None:
        """End; what is on its way has STOP_S, and is due again after that."""
        self.stopping.set()
        if self.loop and self.woken:
            with suppress(RuntimeError):  # it has ended already
                self.loop.call_soon_threadsafe(self.woken.set)
        self.thread.join(2 * STOP_S)

    def _run(self) -> None:
        asyncio.run(self._carry())
        self.rows.submit(_close)
        self.rows.shutdown()

    async def _carry(self) -> None:
        self.woken, self.loop = asyncio.Event(), asyncio.get_running_loop()
        async with pool(self.backend) as connections:
            while not self.stopping.is_set():
                pause_s = ROUND_S
                try:
                    pause_s = await self._round(connections)
                except DatabaseError as away:
                    log.warning("the database does not answer, so webhooks rest for a moment: %s", type(away).__name__)
                    await self._in_rows(_close)
                    pause_s = TROUBLED_S
                except Exception:
                    log.exception("webhooks rest for a moment")
                    await self._in_rows(_close)
                    pause_s = TROUBLED_S
                await self._rest(self.woken, pause_s)
            await self._end()

    async def _round(self, connections: httpcore.AsyncConnectionPool) -> float:
        """Read on, take what is due, send it; returns how long to rest: not at all while there is more to read."""
        read = await self._in_rows(follow)
        failing = sum(self.under_way.values())
        parcels = await self._in_rows(claim, LIVE - (len(self.under_way) - failing), FAILING - failing)
        at_s = int((await self._in_rows(clock.now)).timestamp()) if parcels else 0
        for parcel in parcels:
            task = asyncio.create_task(self._send(parcel, connections, at_s))
            self.under_way[task] = parcel.failing
            task.add_done_callback(self._arrived)
        return 0.0 if read == EVENTS else ROUND_S

    async def _send(self, parcel: Parcel, connections: httpcore.AsyncConnectionPool, at_s: int) -> None:
        try:
            outcome = await post(parcel, connections, self.allowed, at_s)
        except asyncio.CancelledError:
            await self._in_rows(give_back, parcel)
            raise
        await self._keep(parcel, outcome)

    async def _keep(self, parcel: Parcel, outcome: Outcome) -> None:
        """What cannot be written is sent once more when its lease is over."""
        try:
            await self._in_rows(record, parcel, outcome)
        except Exception:
            log.exception("the outcome of a webhook delivery could not be kept; it is sent again")
            await self._in_rows(_close)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        """There is room again, perhaps for the same endpoint."""
        self.under_way.pop(task)
        if self.woken:
            self.woken.set()

    async def _rest(self, woken: asyncio.Event, seconds: float) -> None:
        if not self.stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), seconds)
        woken.clear()

    async def _end(self) -> None:
        tasks = list(self.under_way)
        if tasks:
            _done, left = await asyncio.wait(tasks, timeout=STOP_S)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        if isinstance(self.backend, Checked):
            self.backend.close()

    async def _in_rows(self, verb: Callable[..., Any], *said: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.rows, verb, *said)


def _close() -> None:
    """The connection of the thread that calls; after an error it may be broken."""
    with suppress(DatabaseError):
        connection.close()
