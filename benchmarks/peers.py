"""Packages that a benchmark measures against and nothing else needs: beside the environment, never in it.

`python -m benchmarks.peers` puts those of requirements-peers.lock into var/peers, unless they are there already.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from deploy.home import ROOT, Home

LOCK = ROOT / "requirements-peers.lock"


def folder() -> Path:
    """Where they lie."""
    return Home.from_environment(os.environ).path / "peers"


def install() -> None:
    """Exactly what the lock file lists, without what that would pull in: torch and its like are those of .venv."""
    place, said = folder(), hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = place / "installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == said:
        return
    print("installing the trainers that ours is measured beside", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", str(place)]
    subprocess.run([*command, "-r", str(LOCK)], check=True)
    stamp.write_text(said, encoding="utf-8")


def reachable() -> None:
    """Let this process import them, after all that the environment has; SystemExit says how to get them.

    torchvision begins with operators that find things in pictures, compiled for another build of torch than ours. No
    trainer uses them, so the package is entered without its `__init__`.
    """
    place = str(folder())
    if place not in sys.path:
        sys.path.append(place)
    found = importlib.util.find_spec("torchvision") if "torchvision" not in sys.modules else None
    if found is not None and found.submodule_search_locations:
        package = ModuleType("torchvision")
        package.__path__ = list(found.submodule_search_locations)
        sys.modules["torchvision"] = package
    if importlib.util.find_spec("pythae") is None:
        raise SystemExit("The trainers to measure beside are not there: run `python -m benchmarks.peers` first.")


if __name__ == "__main__":
    install()
