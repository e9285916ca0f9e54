"""What a worker says of its machine with each beat of its presence: load, memory, temperature, room on the disk.

Read from /proc and /sys; figures of a GPU only where `nvidia-smi` is there to ask. What cannot be read is left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

ANSWERS_WITHIN_S = 5.0
PLAUSIBLE_C = range(1, 130)
OF_THE_PROCESSOR = ("pkg", "cpu", "core", "soc", "k10temp")
ASKED = "utilization.gpu,memory.total,memory.used,temperature.gpu,name"  # percent, MiB, MiB, degrees, text
MIB = 1 << 20


def machine_facts(
    queues: Iterable[str], home: Path, *, broker: bool, proc: Path = Path("/proc"), sys: Path = Path("/sys")
) -> dict[str, Any]:
    """As it is now: `load` is processes per core over a minute, sizes are bytes, `temperature_c` the processor's."""
    device, cores = device_of(queues), len(os.sched_getaffinity(0))
    memory, disk = _memory(proc), shutil.disk_usage(home)
    said = {
        "device": device,
        "name": processor(proc),
        "cores": cores,
        "load": round(os.getloadavg()[0] / cores, 3),
        "memory_bytes": memory["MemTotal"],
        "memory_used_bytes": memory["MemTotal"] - memory.get("MemAvailable", memory.get("MemFree", 0)),
        "disk_free_bytes": disk.free,
        "disk_total_bytes": disk.total,
        "broker": "ok" if broker else "absent",
    }
    warmth = temperature(sys)
    return said | ({} if warmth is None else {"temperature_c": warmth}) | (_gpu() if device != "cpu" else {})


def device_of(queues: Iterable[str]) -> str:
    """What a worker of these queues computes on: `train.cuda` is the first GPU that it sees."""
    named = next((queue.partition(".")[2] for queue in sorted(queues) if "." in queue), "cpu")
    return "cuda:0" if named == "cuda" else named


@cache
def processor(proc: Path) -> str:
    """The name of the processor; "" where the system gives none."""
    try:
        lines = (line.partition(":") for line in (proc / "cpuinfo").read_text().splitlines())
        return next((value.strip() for name, _, value in lines if name.strip() in ("model name", "Model")), "")
    except OSError:
        return ""


def temperature(sys: Path) -> float | None:
    """Degrees Celsius of the processor, else of the hottest zone; None where none can be read."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for zone in (sys / "class/thermal").glob("thermal_zone*"):
        try:
            kind, degrees = (zone / "type").read_text().strip().lower(), int((zone / "temp").read_text()) / 1000
        except (OSError, ValueError):
            continue
        if int(degrees) in PLAUSIBLE_C:
            found[any(word in kind for word in OF_THE_PROCESSOR)].append(round(degrees, 1))
    return max(found[True] or found[False], default=None)


def _memory(proc: Path) -> dict[str, int]:
    """Bytes, by the names of /proc/meminfo."""
    lines = (line.split() for line in (proc / "meminfo").read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines if len(line) == 3}


def _gpu() -> dict[str, Any]:
    """Load (0 to 1), memory and temperature of the first GPU; {} where nobody can tell."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return {}
    command = [tool, f"--query-gpu={ASKED}", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ANSWERS_WITHIN_S).stdout
        return gpu_figures(said)
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return {}


def gpu_figures(said: str) -> dict[str, Any]:
    """What a line of `nvidia-smi` says; a figure that the card does not know ("[N/A]") is left out."""
    load, total, used, warmth, name = (part.strip() for part in said.splitlines()[0].split(",", 4))
    units = {"gpu_load": (load, 0.01), "gpu_memory_bytes": (total, MIB), "gpu_memory_used_bytes": (used, MIB)}
    known = {word: round(int(text) * unit, 3) for word, (text, unit) in units.items() if text.isdecimal()}
    figures: dict[str, Any] = {word: value if word == "gpu_load" else int(value) for word, value in known.items()}
    return figures | ({"temperature_c": float(warmth)} if warmth.isdecimal() else {}) | {"name": name}
