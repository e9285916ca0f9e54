"""500 open event streams at one web process, over real sockets: half follow a project, half single jobs of it.

Memory is that of the web process alone, before and with them. Then 50 jobs speak at once, which all of the followers of
the project hear and each of the others once: the delay is from the commit to the last byte at the last of 500 readers,
which share the machine. In the end the process is told to stop: each stream ends, and the clients would come back.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.timing import Figure, measured
from benchmarks.topics.job_overhead import cpu_clock, home, program
from deploy import processes
from deploy.home import ROOT, Home

STREAMS = 500
LARGEST_MB = 300.0
READY_WITHIN_S, IDLE_S = 60.0, 10.0
FIRST = b"id: "


@dataclass
class Ear:
    """One reader: how many events it has heard, and when the last one came."""

    path: str
    heard: int = 0
    at: float = 0.0
    ended: bool = False
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, port: int, token: str) -> None:
        """Until the server ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = (f"GET {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token}")
        writer.write("\r\n".join((*said, "Accept: text/event-stream", "", "")).encode())
        while line := await reader.readline():
            if line.startswith(b"event: state"):
                self.heard, self.at = self.heard + 1, time.monotonic()
            elif line.startswith(FIRST):
                self.begun.set()
            self.ended |= line == b"0\r\n"  # the last chunk (RFC 9112, section 7.1)
        writer.close()


def measure(pairs: int) -> dict[str, Figure]:
    """Events as many times as `pairs`, over the same streams."""
    with home() as place:
        told: dict[str, Any] = json.loads(program("benchmarks.spoken_events"))
        with served(place) as (port, pid):
            found = asyncio.run(followed(port, pid, told, pairs))
    return {
        "web process with 500 streams": measured([found["with"]], unit="MB", at_most=LARGEST_MB),
        "the same without": measured([found["without"]], unit="MB"),
        "each stream": measured([(found["with"] - found["without"]) * 1000 / STREAMS], unit="kB"),
        "500 streams that hear nothing": measured([found["idle"]], unit="% of a core"),
        "to the last of 500 readers": measured(found["delays"], unit="ms"),
        "from the signal to the end of the process": measured([found["stop"]], unit="s"),
    }


async def followed(port: int, pid: int, told: dict[str, Any], rounds: int) -> dict[str, Any]:
    """What was seen, by name."""
    jobs, token = told["jobs"], told["token"]
    single = [Ear(f"/api/v1/jobs/{jobs[number % len(jobs)]}/events") for number in range(STREAMS // 2)]
    whole = [Ear(f"/api/v1/projects/{told['project']}/events") for _ in range(STREAMS // 2)]
    ears = [*single, *whole]
    first = Ear(single[0].path)  # what the first stream of all loads is not one of theirs
    opened = [asyncio.create_task(first.listen(port, token))]
    await first.begun.wait()
    without = memory_mb(pid)
    opened += [asyncio.create_task(one.listen(port, token)) for one in ears]
    for one in ears:
        await one.begun.wait()
    before = cpu_s(pid)
    await asyncio.sleep(IDLE_S)
    idle, delays = 100 * (cpu_s(pid) - before) / IDLE_S, []
    for number in range(1, rounds + 1):
        spoken = json.loads(await asyncio.to_thread(program, "benchmarks.spoken_events", *jobs))
        while any(one.heard < number for one in single) or any(one.heard < number * len(jobs) for one in whole):
            await asyncio.sleep(0.01)
        delays.append(1000 * max(0.0, max(one.at for one in ears) - spoken))
    held, began = memory_mb(pid), time.monotonic()
    os.kill(pid, signal.SIGTERM)
    await asyncio.gather(*opened)
    if not all(one.ended for one in ears):
        raise SystemExit("a stream was cut off where it should have ended")
    return {"with": held, "without": without, "idle": idle, "delays": delays, "stop": await ended(pid) - began}


@contextmanager
def served(place: Home) -> Iterator[tuple[int, int]]:
    """A web process as the supervisor starts it, once it answers: its port and its pid."""
    with socket.create_server(("127.0.0.1", 0), backlog=STREAMS) as listening:
        port = listening.getsockname()[1]
        command = processes.web(sys.executable, "--fd", str(listening.fileno())).command
        environment = processes.environment(os.environ, place.path, port)
        with (place.logs / "web.log").open("ab") as log:
            web = subprocess.Popen(
                command, cwd=ROOT, env=environment, pass_fds=[listening.fileno()], stdout=log, stderr=log
            )
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=READY_WITHIN_S) as asking:
                asking.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                if b"200" not in asking.recv(64):
                    raise SystemExit("the web process does not answer")
            yield port, web.pid
        finally:
            web.kill()
            web.wait()


async def ended(pid: int) -> float:
    """When the process had ended; the one that started it has not asked yet, so it stays as a zombie."""
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        await asyncio.sleep(0.01)
    return time.monotonic()


def memory_mb(pid: int) -> float:
    """What the process holds (RSS), in MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def cpu_s(pid: int) -> float:
    """CPU seconds so far."""
    return time.clock_gettime(cpu_clock(pid))
