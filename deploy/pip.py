"""Runs pip in the environment, says what it is at, and turns its failures into one sentence with a way out."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from deploy.errors import CannotStart, DiskTooSmall, NoPermission, PackagesMissing
from deploy.progress import Progress

SAY_EVERY_S = 10.0
NO_NETWORK = re.compile(
    r"Failed to establish a new connection|Temporary failure in name resolution|Name or service not known|"
    r"Network is unreachable|Connection refused|ConnectTimeout|Read timed out|ProxyError|connection broken|SSLError",
    re.IGNORECASE,
)


def failure(output: str, log: Path) -> CannotStart:
    """The sentence for what pip printed."""
    if "No space left on device" in output:
        return DiskTooSmall(
            f"The disk is full: free about 3 GB and run the same command again ({log} has the details)."
        )
    if "Permission denied" in output:
        return NoPermission(f"pip may not write into the environment: see {log}, or delete .venv and run again.")
    if NO_NETWORK.search(output):
        return PackagesMissing(
            f"The package index cannot be reached: check the network, or point PIP_INDEX_URL at a mirror, and run the "
            f"same command again; what is installed already is kept ({log} has the details)."
        )
    said = [line for line in output.splitlines() if line.startswith("ERROR:")]
    what = said[-1].removeprefix("ERROR:").strip().rstrip(".") if said else "no reason was given"
    return PackagesMissing(
        f"pip could not install what the lock files name ({what}): check the network, and whether the package index "
        f"that pip uses (PIP_INDEX_URL) has it for this machine; {log} has the details."
    )


def install(python: Path, arguments: Sequence[str], *, log: Path, progress: Progress) -> None:
    """`pip install ARGUMENTS`, its output appended to `log`; every ten seconds a line says which package it is at."""
    command = [str(python), "-m", "pip", "install", "--no-input", "--progress-bar", "off", "--no-compile", *arguments]
    environment = os.environ | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUNBUFFERED": "1"}
    lines: list[str] = []
    said_at = time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8") as kept,
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as running,
    ):
        for line in running.stdout or ():
            lines.append(line)
            kept.write(line)
            if time.monotonic() - said_at > SAY_EVERY_S and (
                at := re.match(r"\s*(Collecting|Installing) ([^\s(]+)", line)
            ):
                progress.say(f"  ... {at[1].lower()} {at[2]}")
                said_at = time.monotonic()
    if running.returncode:
        raise failure("".join(lines), log)
