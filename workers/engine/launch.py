"""Several processes for one order: torchrun takes the place of the process that was given it, and starts them.

It keeps number, pipes and session of that process, so that whoever started it sees one child as ever. Each process of
the group has the same standard input, the leash, and is ended by the kernel should torchrun be ended by force.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

from models_store.errors import ProductError
from workers.engine.parameters import split
from workers.plugins import plugin

SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
RANK = "RANK"  # torchrun tells each process its number by it


def rank() -> int:
    """The number of this process in its group; 0 for one that is alone."""
    return int(os.environ.get(RANK, "0"))


def processes_of(folder: Path) -> int:
    """How many processes the order in a folder asks for; no more than its batches have items, one where it is amiss.

    What is amiss is found again, and said, by whoever runs it.
    """
    try:
        order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
        if order["kind"] != "train" or int(order.get("processes") or 1) == 1:
            return 1
        _, loop = split(plugin("family", order["family"]), order["params"])
        return max(1, min(int(order["processes"]), loop.batch_size))
    except (OSError, ValueError, KeyError, TypeError, ProductError):
        return 1


def command(folder: Path, processes: int, *, leashed: bool) -> list[str]:
    """torchrun in front of the engine, on this machine alone."""
    front = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [sys.executable, *front, "-m", "workers.engine", *(["--leashed"] if leashed else []), str(folder)]


def take_over(folder: Path, processes: int, out: int, *, leashed: bool) -> None:
    """Become torchrun, whose processes report on the file `out`; does not return."""
    os.dup2(out, 1)
    own = {"GLOO_SOCKET_IFNAME": "lo"} if sys.platform == "linux" else {}  # they are all on this machine
    quiet = {"OMP_NUM_THREADS": "1"}  # the engine sets its own; unsaid, torchrun warns
    said = command(folder, processes, leashed=leashed)
    os.execve(said[0], said, own | quiet | os.environ)  # noqa: S606


def end_with_parent() -> None:
    """Have the kernel end this process when the one ends that started it (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGKILL)
