"""How the tests of this folder watch processes, and the program that supervises small ones."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.home import Home

DEADLINE_S = 20.0
DRIVER = """
import json, os, sys
from pathlib import Path
from deploy.child import Backoff, Child
from deploy.home import Home
from deploy.processes import Process
from deploy.supervisor import Supervisor

home = Home(Path(sys.argv[1]))
table = [Process(**{**row, "command": tuple(row["command"])}) for row in json.loads(sys.argv[2])]
backoff = Backoff(first_s=0.05, most_s=0.1, healthy_s=60)
children = [
    Child(row, environment=os.environ, log=home.logs / row.name, cwd=home.path, backoff=backoff) for row in table
]
sys.exit(Supervisor(children, home, 1).run())
"""

Start = Callable[[list[dict[str, Any]]], "subprocess.Popen[str]"]


def until(true: Callable[[], Any]) -> Any:
    """What `true` says as soon as it says something; fails after the deadline."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        if said := true():
            return said
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def alive(pid: int) -> bool:
    """Whether the process runs (one that has ended but is not collected yet does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pids(home: Home, count: int) -> dict[str, int]:
    """The children of up.json once there are `count` of them."""
    return until(lambda: said if len(said := home.read_up().get("pids", {})) == count else None)
