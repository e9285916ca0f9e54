"""What the figures were taken on: kind of machine and versions, and nothing that says whose it is."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("torch", "onnxruntime", "onnxruntime-gpu", "numpy", "Django", "celery", "c2pa-python")
FAST = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # what a CPU has decides which precision is taken


def facts() -> dict[str, str]:
    """Names and values for the head of the report."""
    return {"processor": processor(), "memory": memory(), "system": system(), "versions": versions()}


def processor() -> str:
    """Model, cores and the instructions that matter here."""
    lines = _lines(Path("/proc/cpuinfo"))
    model = next((value for name, value in lines if name == "model name"), platform.machine())
    flags = next((value.split() for name, value in lines if name == "flags"), [])
    known = ", ".join(name for name in FAST if name in flags)
    return f"{model}, {os.cpu_count()} cores" + (f" ({known})" if known else "")


def memory() -> str:
    """All of it."""
    total = next((value for name, value in _lines(Path("/proc/meminfo")) if name == "MemTotal"), "")
    return f"{round(int(total.split()[0]) / 2**20)} GiB" if total else "unknown"


def system() -> str:
    """Kind of system, without the names of machine and kernel build."""
    return f"{platform.system()}, Python {platform.python_version()}"


def versions() -> str:
    """Of the packages that do the work."""
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name).partition('+')[0]}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _lines(file: Path) -> list[tuple[str, str]]:
    """`name: value` of a file of the kernel; none where there is no such file."""
    if not file.exists():
        return []
    pairs = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
    return [(name.strip(), value.strip()) for name, _, value in pairs]
