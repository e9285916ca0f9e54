"""What `make up` runs: one table, in the order in which it is started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import broker

WORKERS = {"train": "train.cpu", "generate": "generate.cpu", "io": "io"}  # name -> queue
STOPS_FIRST, STOPS_NEXT, STOPS_LAST = 0, 1, 2


@dataclass(frozen=True)
class Process:
    """One supervised process. A lower `stop_turn` is stopped earlier; `grace_s` lies between SIGTERM and SIGKILL."""

    name: str
    command: tuple[str, ...]
    stop_turn: int = STOPS_FIRST
    grace_s: float = 25.0


def web(python: str, listening_fd: int) -> Process:
    """The web process; it inherits the listening socket, so that the port is never lost between two starts."""
    serve = ("-m", "uvicorn", "config.asgi:application", "--app-dir", "platform", "--fd", str(listening_fd))
    quiet = ("--no-access-log", "--timeout-graceful-shutdown", "3")
    return Process("web", (python, *serve, *quiet), STOPS_NEXT, grace_s=8.0)


def worker(python: str, name: str, queue: str) -> Process:
    """A Celery worker of one queue: one slot, in a thread, because the work itself runs in a child program."""
    celery = (
        "-m",
        "celery",
        "-A",
        "workers.app",
        "worker",
        "-Q",
        queue,
        "-n",
        f"{name}@%h",
        "-P",
        "threads",
        "-c",
        "1",
    )
    return Process(name, (python, *celery, "--without-gossip", "--without-mingle", "--loglevel", "INFO"))


def table(python: str, home: Path, listening_fd: int, *, own_broker: bool) -> tuple[Process, ...]:
    """Everything that runs: the broker (unless BROKER_URL names another), the web process, the workers."""
    ours = (Process("valkey", broker.command(home), STOPS_LAST, grace_s=8.0),) if own_broker else ()
    workers = tuple(worker(python, name, queue) for name, queue in WORKERS.items())
    return (*ours, web(python, listening_fd), *workers)


def environment(outer: Mapping[str, str], *, home: Path, broker_url: str, port: int) -> dict[str, str]:
    """What every process sees; OMP_WAIT_POLICY keeps two trainers on two cores from spinning against each other."""
    return {
        **outer,
        "KILNMARK_HOME": str(home),
        "KILNMARK_PORT": str(port),
        "BROKER_URL": broker_url,
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join(part for part in (outer.get("PATH", ""), os.defpath) if part),
    }
