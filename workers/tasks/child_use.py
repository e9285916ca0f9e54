"""What an attempt uses of the machine: the CPU seconds of its child and the most memory that it held.

A warm child serves one order after the other, so what it had used before this one is taken off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workers.tasks.child_memory import ChildMemory

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int, proc: Path = Path("/proc")) -> float | None:
    """Of the process and of its own children that have ended; also once it has ended itself, until it is waited for."""
    try:
        said = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = said.rpartition(")")[2].split()  # its name, in brackets, may hold blanks
    return sum(map(int, fields[11:15])) / TICKS_A_SECOND


class AttemptUse:
    """From the moment at which an order goes to the child.

    `said` is what the engine says of how it runs; `among` how many orders share the CPU seconds of a child that died.
    """

    def __init__(self, cpu_s: Callable[[], float], memory: ChildMemory) -> None:
        self._cpu_s, self._memory, self._began = cpu_s, memory, time.monotonic()
        self._cpu_before, self._peak = cpu_s(), memory.begin()
        self.said: dict[str, Any] = {}
        self.among = 1

    def begin_part(self) -> None:
        """Of orders that share batches one is made after the other: what came before was another's."""
        self._cpu_before = self._cpu_s()

    def now(self) -> dict[str, Any]:
        """CPU and wall seconds, the most resident memory (bytes), the device."""
        used = {
            "cpu_s": round(max(0.0, self._cpu_s() - self._cpu_before) / self.among, 2),
            "wall_s": round(time.monotonic() - self._began, 2),
            "peak_memory_bytes": self._memory.peak_since(self._peak),
        }
        return used | {name: self.said[name] for name in ("device", "gpu_memory_bytes") if name in self.said}
