"""One supervised process: started on a leash, started again when it dies, stopped with grace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.processes import Process

LEASH = Path(__file__).with_name("leash.py")
LOG_LIMIT_BYTES = 5 * 2**20
LOGS_KEPT = 3


@dataclass(frozen=True)
class Backoff:
    """How long to wait before the next start: doubled each time, forgotten after a time of health."""

    first_s: float = 1.0
    most_s: float = 30.0
    healthy_s: float = 60.0

    def pause_s(self, deaths: int) -> float:
        """The pause after that many deaths in a row (1 is the first)."""
        return min(self.most_s, self.first_s * 2.0 ** (deaths - 1))


def rotate(log: Path, *, limit_bytes: int = LOG_LIMIT_BYTES, kept: int = LOGS_KEPT) -> None:
    """Move a log that has grown aside: `web.log` to `web.log.1`, and so on; the oldest goes."""
    if not log.exists() or log.stat().st_size < limit_bytes:
        return
    for number in range(kept, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        newer = log.with_name(f"{log.name}.{number - 1}") if number > 1 else log
        if newer.exists():
            newer.replace(older)


class Child:
    """A process of the table and how it fares. Times are those of the caller's monotonic clock, in seconds."""

    def __init__(
        self,
        process: Process,
        *,
        environment: Mapping[str, str],
        log: Path,
        cwd: Path,
        pass_fds: Sequence[int] = (),
        backoff: Backoff | None = None,
    ) -> None:
        self.process, self.environment, self.log, self.cwd = process, environment, log, cwd
        self.pass_fds, self.backoff = tuple(pass_fds), backoff or Backoff()
        self.running: subprocess.Popen[bytes] | None = None
        self.deaths, self.started_at, self.due_at = 0, 0.0, 0.0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self.running.pid if self.running else None

    def start(self, now: float) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches the supervisor alone."""
        rotate(self.log)
        leashed = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *self.process.command]
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                leashed,
                cwd=self.cwd,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.pass_fds,
            )
        self.started_at = now

    def tend(self, now: float) -> str:
        """Notice a death and start again when the pause is over; what there is to say, or ''."""
        if self.running is None:
            if now < self.due_at:
                return ""
            self.start(now)
            return f"{self.process.name} started again"
        code = self.running.poll()
        if code is None:
            return ""
        self.kill()  # what it left behind in its group
        self.running = None
        self.deaths = 1 if now - self.started_at > self.backoff.healthy_s else self.deaths + 1
        pause_s = self.backoff.pause_s(self.deaths)
        self.due_at = now + pause_s
        return f"{self.process.name} died ({told(code)}), starts again in {pause_s:g} s; see {self.log}"

    def terminate(self) -> None:
        """Ask it to end; a worker then hands its work back."""
        if self.running and self.running.poll() is None:
            self.running.terminate()

    def kill(self) -> None:
        """End it and whatever else is in its group, now."""
        if self.running:
            try:
                os.killpg(self.running.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.running.wait()

    def gone(self) -> bool:
        """Whether it has ended."""
        return self.running is None or self.running.poll() is not None


def told(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
