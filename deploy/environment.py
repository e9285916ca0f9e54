"""The virtual environment `.venv`: made once, filled from the lock files, left alone while they do not change."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from deploy import pip
from deploy.errors import CannotStart, DiskTooSmall, NoPermission
from deploy.progress import Progress
from models_store.errors import ProductError

ROOT = Path(__file__).resolve().parents[1]
NEEDED_BYTES = 3 * 10**9
STAMP = "kilnmark-installed.json"
RUNNABLE = {"up": ("-m", "deploy.supervisor", "up"), "demo": ("-m", "deploy.demo")}


def has_gpu() -> bool:
    """Whether `nvidia-smi` is there and works."""
    try:
        return subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def digest(root: Path, locks: Sequence[str]) -> str:
    """SHA-256 over lock files, in that order."""
    said = hashlib.sha256()
    for name in locks:
        said.update((root / name).read_bytes())
    return said.hexdigest()


def check_machine(root: Path, *, needed_bytes: int = NEEDED_BYTES) -> None:
    """Refuse, before anything is made, a machine on which set-up cannot end well."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        version = ".".join(map(str, sys.version_info[:2]))
        raise CannotStart(
            f"This Python has no venv module: install it (Debian, Ubuntu: `apt install python{version}-venv`), or name "
            f"another Python with `make setup PYTHON=/path/to/python3`.",
            code="no_venv",
        )
    if not os.access(root, os.W_OK | os.X_OK):
        raise NoPermission(f"{root} cannot be written by this user: clone the repository into a folder of your own.")
    free = shutil.disk_usage(root).free
    if free < needed_bytes:
        raise DiskTooSmall(
            f"Set-up needs {needed_bytes / 1e9:.0f} GB of free disk and {root} has {free / 1e9:.1f} GB: free some, or "
            f"clone to a larger disk.",
            expected=needed_bytes,
            got=free,
        )


def create(venv: Path) -> None:
    """An empty environment with pip, in place of whatever is there."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(venv)], capture_output=True, text=True, errors="replace"
    )
    if made.returncode:
        lines = (made.stderr or made.stdout).strip().splitlines() or ["no reason was given"]
        raise CannotStart(f"{venv} could not be made ({lines[-1]}): delete it and run again, or try another PYTHON=.")


def read_stamp(venv: Path) -> dict[str, str]:
    """What is installed: {place, device, runtime: digest, dev: digest}; empty where an installation did not end."""
    try:
        said = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) and (venv / "bin" / "python").exists() else {}


def ensure(root: Path, *, dev: bool, progress: Progress) -> Path:
    """The Python of a complete environment; installs only what the stamp does not vouch for."""
    venv = root / ".venv"
    python = venv / "bin" / "python"
    device = "gpu" if has_gpu() else "cpu"
    runtime = (f"requirements-{device}.lock", "requirements.lock", "requirements-web.lock")
    here = {"place": str(venv), "device": device}  # a moved environment is of no use, nor are two ONNX Runtimes in one
    want = here | {"runtime": digest(root, runtime)}
    if dev:
        want["dev"] = digest(root, ("requirements-dev.lock",))
    have = read_stamp(venv)
    if have.items() >= want.items():
        return python
    with (root / "requirements.lock").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two set-ups at once take turns, the second finds all done
        have = read_stamp(venv)
        runs = {name: said for name, said in want.items() if name != "dev"}
        if not have.items() >= runs.items():
            check_machine(root)
            fill(root, venv, device, progress, anew=bool(have) and not have.items() >= here.items())
            have = remember(venv, runs)
        if dev and have.get("dev") != want["dev"]:
            progress.say("installing what tests and checks need")
            log = venv / "install.log"
            pip.install(python, ["--no-deps", "-r", str(root / "requirements-dev.lock")], log=log, progress=progress)
            remember(venv, have | want)
    progress.say("environment .venv is complete")
    return python


def fill(root: Path, venv: Path, device: str, progress: Progress, *, anew: bool) -> None:
    """torch first, with what it needs; then everything else exactly as listed."""
    log, python = venv / "install.log", venv / "bin" / "python"
    if anew or not python.exists() or subprocess.run([python, "-m", "pip", "-V"], capture_output=True).returncode:
        progress.say("making the virtual environment .venv")
        create(venv)
    lock = root / "requirements.lock"
    torch = next(line.strip() for line in lock.read_text(encoding="utf-8").splitlines() if line.startswith("torch=="))
    progress.say(f"installing {torch} for {device}, the largest part (log: .venv/install.log)")
    pinned = ["-c", str(lock), "-c", str(root / "requirements-web.lock")]
    pip.install(python, [torch, *pinned], log=log, progress=progress)
    progress.say("installing the other packages")
    arguments = ["--no-deps", "-r", str(root / f"requirements-{device}.lock")]
    pip.install(python, arguments, log=log, progress=progress)


def remember(venv: Path, have: dict[str, str]) -> dict[str, str]:
    """Write the stamp, last, and in one move."""
    fresh = venv / f"{STAMP}.new"
    fresh.write_text(json.dumps(have), encoding="utf-8")
    fresh.replace(venv / STAMP)
    return have


def main(arguments: Sequence[str]) -> int:
    """Make the environment, prepare the home, then run what was asked for in the place of this process."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description="Set up Kilnmark in this checkout.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    parser.add_argument("--packages-only", action="store_true", help="leave the home alone")
    parser.add_argument("--run", choices=sorted(RUNNABLE), help="what to run then, in the place of this process")
    asked = parser.parse_args(arguments)
    started_at = time.time()
    try:
        python = ensure(ROOT, dev=asked.dev, progress=Progress(started_at))
        if not asked.packages_only:
            ready = subprocess.run([python, "-m", "deploy.preparation", str(started_at)], cwd=ROOT).returncode
            if ready:
                return ready
    except ProductError as stop:
        print(stop.detail, file=sys.stderr)
        return 1
    except OSError as stop:
        print(f"Set-up stopped: {stop.strerror or stop} ({stop.filename or ROOT}).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up was interrupted; the next run goes on from here.", file=sys.stderr)
        return 130
    if asked.run:
        os.chdir(ROOT)
        os.environ["KILNMARK_STARTED_AT"] = str(started_at)
        os.execv(python, [str(python), *RUNNABLE[asked.run]])  # noqa: S606
    return 0
