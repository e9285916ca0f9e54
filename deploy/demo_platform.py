"""The platform the demo talks to: the one that runs in this home, or one started for the demo and stopped after it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from deploy.child import LEASH
from deploy.errors import AlreadyRunning, CannotStart, StepFailed
from deploy.home import ROOT, Home
from deploy.supervisor import hold

READY_WITHIN_S = 120.0
STOP_WITHIN_S = 90.0


@contextmanager
def running(home: Home) -> Iterator[str]:
    """The URL of a platform that is ready; what was started here is stopped in the end, whatever happened."""
    home.make()
    try:
        with hold(home):
            home.up_file.unlink(missing_ok=True)  # of one that was killed: its address leads nowhere
    except AlreadyRunning:
        yield ready_url(home, None)
        return
    log = home.logs / "supervisor.log"
    with log.open("ab") as out:
        command = [sys.executable, "-m", "deploy.supervisor", "up"]
        leashed = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command]
        supervisor = subprocess.Popen(
            leashed, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield ready_url(home, supervisor)
    finally:
        supervisor.terminate()
        try:
            supervisor.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            supervisor.wait()


def ready_url(home: Home, supervisor: subprocess.Popen[bytes] | None) -> str:
    """The URL once the platform answers; CannotStart with the reason where it does not."""
    end = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < end:
        said = home.read_up()
        if said.get("ready"):
            return str(said["url"])
        if supervisor and supervisor.poll() is not None:
            lines = (home.logs / "supervisor.log").read_text(errors="replace").strip().splitlines()
            raise CannotStart(lines[-1] if lines else f"The supervisor ended with code {supervisor.returncode}.")
        time.sleep(0.2)
    raise CannotStart(f"The platform was not ready within {READY_WITHIN_S:.0f} s: see {home.logs}.")


def manage(home: Home, *arguments: str, environment: Mapping[str, str] = os.environ) -> str:
    """What a management command prints; StepFailed with its last line where it fails."""
    ended = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**environment, "KILNMARK_HOME": str(home.path)},
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or ["no reason was given"]
        raise StepFailed(f"manage.py {arguments[0]} failed: {lines[-1]}")
    return ended.stdout.strip()
