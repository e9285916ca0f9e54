"""What `make up` runs: one table, in the order in which it is started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import broker
from deploy.environment import has_gpu

STOPS_FIRST, STOPS_NEXT, STOPS_LAST = 0, 1, 2


@dataclass(frozen=True)
class Process:
    """One supervised process. A lower `stop_turn` is stopped earlier; `grace_s` lies between SIGTERM and SIGKILL."""

    name: str
    command: tuple[str, ...]
    stop_turn: int = STOPS_FIRST
    grace_s: float = 8.0


def web(python: str, *where: str) -> Process:
    """The web process; `where` it listens is said as uvicorn wants it: `--fd 3`, or `--host` and `--port`."""
    serve = ("-m", "uvicorn", "config.asgi:application", "--app-dir", "platform", *where)
    how = ("--http", "config.request_head:BoundedHead", "--no-access-log", "--timeout-graceful-shutdown", "3")
    return Process("web", (python, *serve, *how), STOPS_NEXT)


def worker_grace_s(outer: Mapping[str, str]) -> float:
    """What a worker gives its child to save and leave (KILNMARK_STOP_GRACE_S), and five seconds to hand it back."""
    said = outer.get("KILNMARK_STOP_GRACE_S", "").strip()
    return (int(said) if said.isdecimal() else 20) + 5.0  # what is no number is refused by the settings


def worker(python: str, name: str, queue: str, grace_s: float) -> Process:
    """A Celery worker of one queue: one slot, in a thread, because the work itself runs in a child program."""
    celery = f"-m celery -A workers.app worker -Q {queue} -n {name}@%h -P threads -c 1"
    quiet = "--without-gossip --without-mingle --loglevel INFO"
    return Process(name, (python, *celery.split(), *quiet.split()), grace_s=grace_s)


def table(python: str, home: Path, listening_fd: int, outer: Mapping[str, str]) -> tuple[Process, ...]:
    """Everything that runs: the broker (unless BROKER_URL names another), the web process, the workers.

    The web process inherits the listening socket, so that the port is never lost between two starts.
    """
    ours = () if broker_named(outer) else (Process("valkey", broker.command(home), STOPS_LAST),)
    place = device(outer)
    queues = {"train": f"train.{place}", "generate": f"generate.{place}", "io": "io"}
    workers = (worker(python, name, queue, worker_grace_s(outer)) for name, queue in queues.items())
    return (*ours, web(python, "--fd", str(listening_fd)), *workers)


def device(outer: Mapping[str, str]) -> str:
    """Where models train and generate: KILNMARK_DEVICE, else the GPU where one works, else the CPU."""
    return outer.get("KILNMARK_DEVICE", "").strip() or ("cuda" if has_gpu() else "cpu")


def broker_named(outer: Mapping[str, str]) -> str:
    """The BROKER_URL of the environment, '' where the embedded Valkey is to be used."""
    return outer.get("BROKER_URL", "").strip()


def environment(outer: Mapping[str, str], home: Path, port: int) -> dict[str, str]:
    """What every process sees.

    OMP_WAIT_POLICY keeps two trainers on two cores from spinning against each other; MALLOC_ARENA_MAX keeps the threads
    of a process from holding freed memory each for itself, and the two thresholds (bytes) give it back to the system:
    glibc raises them by itself at the first large file, and keeps megabytes from then on.
    """
    return {
        **outer,
        "KILNMARK_HOME": str(home),
        "KILNMARK_PORT": str(port),
        "KILNMARK_DEVICE": device(outer),
        "BROKER_URL": broker_named(outer) or broker.url(home),
        "OMP_WAIT_POLICY": "PASSIVE",
        "MALLOC_ARENA_MAX": "2",
        "MALLOC_MMAP_THRESHOLD_": "131072",
        "MALLOC_TRIM_THRESHOLD_": "131072",
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join(part for part in (outer.get("PATH", ""), os.defpath) if part),
    }
