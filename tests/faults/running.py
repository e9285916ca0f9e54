"""A whole platform to be broken: its processes by name, its rows, and a client; restarts are the supervisor's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from deploy.child import LEASH
from deploy.demo_client import Client
from deploy.demo_platform import manage, ready_url
from deploy.home import ROOT, Home
from tests.faults.postgres_rows import PostgresRows
from tests.faults.rows import Rows

T = TypeVar("T")
WORKERS = {"generate": 3}  # of each queue; one where nothing is said
SETTLES_S = 300.0
LIMITS = """
import workers.app
from django.conf import settings as s
lease = f"lease {s.LEASE_S['generate']} s, beat {s.BEAT_S['generate']} s, sweep {s.SWEEP_S} s"
print(f"{lease}, poison after {s.POISON_ATTEMPTS} attempts that died or {s.POISON_LOST_ATTEMPTS} that were lost")
"""


@dataclass
class Running:
    """What runs in a home."""

    home: Home
    url: str
    client: Client
    rows: Rows
    supervisor: subprocess.Popen[bytes]
    settings: dict[str, str]  # its own, beside those of a fresh installation

    def pids(self) -> dict[str, int]:
        """Every supervised process that is there now."""
        return {name: pid for name, pid in self.home.read_up().get("pids", {}).items() if alive(pid)}

    def workers(self) -> dict[str, int]:
        """The workers among them."""
        return {name: pid for name, pid in self.pids().items() if name not in ("web", "valkey")}

    def limits(self) -> str:
        """The leases, beats and attempt limits that a worker of this platform goes by, as its own process has them."""
        seen = Path(f"/proc/{self.workers()['generate']}/environ").read_bytes().split(b"\0")
        environment = dict(one.decode().split("=", 1) for one in seen if one)
        asked = subprocess.run(
            [sys.executable, "-c", LIMITS], cwd=ROOT, env=environment, capture_output=True, check=True, text=True
        )
        return asked.stdout.strip()

    def kill(self, name: str) -> int:
        """SIGKILL a process by its name; its pid."""
        pid = until(lambda: self.pids().get(name), f"{name} to be there")
        os.kill(pid, signal.SIGKILL)
        return pid

    def freeze(self, name: str) -> int:
        """SIGSTOP a worker between two of its writes, for amid one it would hold others up; its pid."""
        while True:
            pid = self.pids()[name]
            os.kill(pid, signal.SIGSTOP)
            if not self.rows.amid_a_write():
                return pid
            os.kill(pid, signal.SIGCONT)

    def submit(self, body: Mapping[str, Any], count: int = 1) -> list[str]:
        """The ids of that many equal jobs."""
        return [self.client.post("jobs", body)["id"] for _ in range(count)]

    def ended(self, jobs: Collection[str], within_s: float = SETTLES_S) -> float:
        """Wait until all have ended; how long that took, or `within_s` where some have not."""
        began = time.monotonic()
        while self.rows.unfinished(jobs) and time.monotonic() - began < within_s:
            time.sleep(0.2)
        return min(within_s, time.monotonic() - began)

    def engines(self) -> dict[int, int]:
        """Engine programs of this home's workers: pid -> parent."""
        return {pid: parent(pid) for pid in left(self.home) if b"workers.engine" in command(Path(f"/proc/{pid}"))}

    def orphans(self, within_s: float = 20.0) -> list[int]:
        """Engines whose worker is gone and that are still there after a while."""
        end = time.monotonic() + within_s
        while True:
            found = [pid for pid, above in self.engines().items() if b"celery" not in command(Path(f"/proc/{above}"))]
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.2)


def until(true: Callable[[], T], what: str, within_s: float = 120.0) -> T:
    """What `true` says as soon as it says something; fails after the deadline."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if said := true():
            return said
        time.sleep(0.05)
    raise AssertionError(f"waited {within_s:.0f} s for {what}")


def alive(pid: int) -> bool:
    """Whether the process runs (one that has ended but is not collected yet does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def left(home: Home) -> list[int]:
    """Every process that writes into a log of this home."""
    places = (place for place in Path("/proc").iterdir() if place.name.isdecimal())
    return [int(place.name) for place in places if logs(place).is_relative_to(home.logs) and alive(int(place.name))]


def logs(place: Path) -> Path:
    """Where the process of a /proc folder writes its errors."""
    try:
        return Path(os.readlink(place / "fd" / "2"))
    except OSError:
        return Path("/")


def command(place: Path) -> bytes:
    """The command line of a /proc folder; empty for one that has gone."""
    try:
        return (place / "cmdline").read_bytes()
    except OSError:
        return b""


def parent(pid: int) -> int:
    """The parent of a process; 0 for one that has gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def outer(home: Home) -> dict[str, str]:
    """The environment of a fresh installation on SQLite and a private Valkey."""
    settings = ("DATABASE_URL", "STORE_URL", "BROKER_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KILNMARK_", "DJANGO_"))}
    return {name: value for name, value in kept.items() if name not in settings} | {"KILNMARK_HOME": str(home.path)}


def prepared(place: Path) -> Home:
    """A home that is ready to be started in."""
    home = Home(place)
    command = [sys.executable, "-m", "deploy.preparation"]
    subprocess.run(command, cwd=ROOT, env=outer(home), check=True, stdout=subprocess.DEVNULL)
    return home


@contextmanager
def started(
    home: Home, workers: Mapping[str, int] = WORKERS, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Everything running in a home, stopped by SIGTERM in the end; no process may be left."""
    log, settings = home.logs / "supervisor.log", dict(environment or {})
    home.up_file.unlink(missing_ok=True)
    with log.open("ab") as out:
        driver = [sys.executable, "-m", "tests.faults.driver", json.dumps(dict(workers))]
        driver = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *driver]  # a killed test leaves nothing
        supervisor = subprocess.Popen(driver, cwd=ROOT, env=outer(home) | settings, stdout=out, stderr=out)
    client: Client | None = None
    try:
        url = ready_url(home, supervisor)
        client = Client(url, manage(home, "token", "admin", environment=outer(home) | settings))
        elsewhere = settings.get("DATABASE_URL")
        rows = PostgresRows(elsewhere) if elsewhere else Rows(home.path / "kilnmark.sqlite3")
        yield Running(home, url, client, rows, supervisor, settings)
    finally:
        if client:
            client.http.close()
        supervisor.send_signal(signal.SIGCONT)
        supervisor.terminate()
        supervisor.wait(90)
        assert not left(home), "a process outlived the platform"
