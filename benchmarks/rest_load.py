"""Many clients at once, each asking again as soon as it is answered, over connections that stay open.

Of twenty requests one submits a job (under a key of its own), one reads a page of the list, and the others read a job
that was submitted before: what scripts do that wait for their jobs.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp

KINDS = ("submit", "list", *["read"] * 18)
LISTED = 20
TIMEOUT_S = 60.0


@dataclass
class Load:
    """What came of it: seconds of each request by what it was, and whatever was not answered as it should be."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"submit": [], "list": [], "read": []})
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def all_seconds(self) -> list[float]:
        """Of every request."""
        return [one for taken in self.seconds.values() for one in taken]


class Client:
    """One of them."""

    def __init__(self, http: aiohttp.ClientSession, body: Mapping[str, object], load: Load, seed: int) -> None:
        self.http, self.body, self.load, self.dice = http, body, load, random.Random(seed)  # noqa: S311
        self.jobs: list[str] = []

    async def work(self, requests: int) -> None:
        """So many requests, one after the other."""
        for number in range(requests):
            what = "submit" if not number else self.dice.choice(KINDS)
            began = time.perf_counter()
            try:
                await getattr(self, what)()
            except (aiohttp.ClientError, TimeoutError) as error:
                self.load.faults[f"{what}: {type(error).__name__}"] += 1
            self.load.seconds[what].append(time.perf_counter() - began)

    async def submit(self) -> None:
        """A small generate job."""
        headers = {"Idempotency-Key": str(uuid.UUID(int=self.dice.getrandbits(128)))}
        async with self.http.post("/api/v1/jobs", json=self.body, headers=headers) as answer:
            said = await answer.json()
            if answer.status == 202:
                self.jobs.append(said["id"])
            else:
                self.load.faults[f"submit: {answer.status} {said.get('code')}"] += 1

    async def list(self) -> None:
        """The newest jobs."""
        await self._read(f"/api/v1/jobs?limit={LISTED}", "list")

    async def read(self) -> None:
        """One of its own."""
        await self._read(f"/api/v1/jobs/{self.dice.choice(self.jobs)}", "read")

    async def _read(self, path: str, what: str) -> None:
        async with self.http.get(path) as answer:
            await answer.read()
            if answer.status != 200:
                self.load.faults[f"{what}: {answer.status}"] += 1


async def loaded(url: str, token: str, body: Mapping[str, object], *, clients: int, requests: int) -> Load:
    """What `clients` clients find with `requests` requests in all."""
    load, headers = Load(), {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    connections = aiohttp.TCPConnector(limit=clients)
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(url, headers=headers, connector=connections, timeout=timeout) as http:
        each = [Client(http, body, load, seed).work(max(2, requests // clients)) for seed in range(clients)]
        await asyncio.gather(*each)
    return load
