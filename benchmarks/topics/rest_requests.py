"""REST beside plain Django views that do the same reads and writes, then many clients at once, on one web process.

The peer of POST writes the rows that a submission writes and rings the same bell, without login, checks, roles,
policies or forecast (benchmarks/bare_views.py); that of GET reads the row of the job and its inputs. Both stand behind
the same server, in turns. Then 50 clients send 100,000 requests, each as soon as it is answered: of twenty one submits,
one reads a page of the list, eighteen read a job. No worker runs, so the queue grows all the while. SQLite, with a
Valkey to ring.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.rest_load import Load, loaded
from benchmarks.timing import LEAST_PAIRS, Figure, alternating, compared, interval
from benchmarks.topics.event_streams import memory_mb
from benchmarks.topics.job_overhead import home
from deploy import broker
from deploy.home import ROOT, Home

LEAST_OF_SUBMIT, LEAST_OF_READ = 0.6, 0.5
CLIENTS, REQUESTS, WARM_UP = 50, 100_000, 5_000
LONGEST_MS, MOST_GROWTH = 250.0, 1.1
EACH = 10  # requests of one run
UNLIMITED = {"KILNMARK_RATE_LIMIT": "0", "KILNMARK_LOG_LEVEL": "WARNING"}


def measure(pairs: int) -> dict[str, Figure]:
    """`pairs` runs of ten requests of each kind; fewer requests at once where few pairs are asked for."""
    requests = int(REQUESTS * min(1.0, pairs / LEAST_PAIRS))
    with home() as place, served(place) as web:
        figures = ratios(web, pairs)
        asyncio.run(web.load(WARM_UP))
        before = memory_mb(web.process.pid)
        load = asyncio.run(web.load(requests))
        return figures | at_once(load, memory_mb(web.process.pid) / before)


def ratios(web: Web, pairs: int) -> dict[str, Figure]:
    """Submitting and reading, each against its plain view."""
    waiting = web.call("POST", "/api/v1/jobs", web.body)["id"]
    turns = {
        "submit a job": (("POST", "/api/v1/jobs", web.body), ("POST", "/bare/jobs", web.bare_body), LEAST_OF_SUBMIT),
        "read a job that waits": (("GET", f"/api/v1/jobs/{waiting}"), ("GET", f"/bare/jobs/{waiting}"), LEAST_OF_READ),
    }
    found = {}
    for name, (ours, peer, least) in turns.items():
        taken = alternating(web.several(*ours), web.several(*peer), pairs=pairs, clock=time.perf_counter)
        found[name] = compared(taken, per=EACH, unit="ms", against="a plain view", at_least=least)
    return found


def at_once(load: Load, growth: float) -> dict[str, Figure]:
    """What many clients found."""
    seconds = np.array(load.all_seconds)
    late = np.quantile(seconds, 0.99) * 1000
    low, high = (1000 * one for one in interval(seconds[:20_000], quantile=0.99))
    count, faults = len(seconds), sum(load.faults.values())
    named = f"requests answered wrongly of {count:,}" + "".join(f", {what}" for what in load.faults)
    return {
        f"99th percentile at {CLIENTS} clients": Figure(late, "ms", low, high, count, at_most=LONGEST_MS),
        named: Figure(faults, "requests", faults, faults, count, at_most=0),
        "memory of the web process, after beside before": Figure(
            growth, "times", growth, growth, 1, at_most=MOST_GROWTH
        ),
    }


class Web:
    """The server, one connection to it, and what it said of itself."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.said = process, json.loads(process.stdout.readline())  # type: ignore[union-attr]
        self.body = {"kind": "generate", "model_version": self.said["model_version"], "count": 4}
        self.bare_body = self.body | {"member": self.said["member"]}
        self.connection = http.client.HTTPConnection(self.said["url"].removeprefix("http://"))

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request; RuntimeError for an answer that is none."""
        headers = {"Authorization": f"Bearer {self.said['token']}", "Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self.connection.getresponse()
        said = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {said}")
        return said

    def several(self, method: str, path: str, body: object = None) -> Callable[[], None]:
        """EACH of them, one after the other."""

        def run() -> None:
            for _ in range(EACH):
                self.call(method, path, body)

        return run

    async def load(self, requests: int) -> Load:
        """So many requests of CLIENTS clients."""
        return await loaded(self.said["url"], self.said["token"], self.body, clients=CLIENTS, requests=requests)


@contextmanager
def served(place: Home) -> Iterator[Web]:
    """The web process of a prepared home, with a Valkey of its own."""
    place.path.joinpath("run").mkdir(mode=0o700, exist_ok=True)
    valkey = subprocess.Popen(broker.command(place.path), stdout=subprocess.DEVNULL)
    command = [sys.executable, "-m", "benchmarks.rest_server"]
    web = subprocess.Popen(command, cwd=ROOT, env=os.environ | UNLIMITED, stdout=subprocess.PIPE, text=True)
    try:
        yield Web(web)
    finally:
        for process in (web, valkey):
            process.terminate()
            process.wait()
