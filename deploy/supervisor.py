"""Runs broker, web and workers as one: `python -m deploy.supervisor up`. Ctrl-C or SIGTERM stops all of it."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from deploy import processes
from deploy.child import Backoff, Child
from deploy.errors import AlreadyRunning, CannotStart, PortTaken
from deploy.home import ROOT, Home, write_private
from models_store.errors import ProductError

HOST = "127.0.0.1"
FIRST_PORT, LAST_PORT = 8000, 8099
TICK_S = 0.2
ASK_EVERY_S = 0.5
LATE_S = 60.0


def hold(home: Home) -> IO[str]:
    """The lock of this home for as long as the returned file is open; AlreadyRunning names the other's URL."""
    lock = (home.run / "up.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as held:
        lock.close()
        url = home.read_up().get("url", "an address it has not said yet")
        raise AlreadyRunning(f"Kilnmark already runs in {home.path}: open {url}, or stop it first.", got=url) from held
    return lock


def listen(said: str) -> socket.socket:
    """A listening socket on the port that was said, else on the first free one from 8000."""
    if said and not (said.isdecimal() and 0 < int(said) < 65536):
        raise CannotStart(f"KILNMARK_PORT: expected a number from 1 to 65535; got {said!r}.", field="KILNMARK_PORT")
    for port in [int(said)] if said else range(FIRST_PORT, LAST_PORT + 1):
        line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((HOST, port))
            line.listen(512)
        except PermissionError as refused:
            line.close()
            raise CannotStart(f"Port {port} needs root: set KILNMARK_PORT to one above 1023.") from refused
        except OSError:
            line.close()
            continue
        return line
    if said:
        raise PortTaken(f"Port {said} is taken: stop what listens there, or set KILNMARK_PORT to another.", got=said)
    raise PortTaken(f"No port from {FIRST_PORT} to {LAST_PORT} is free: set KILNMARK_PORT to one that is.")


def is_ready(port: int, timeout_s: float = 1.0) -> bool:
    """Whether GET /readyz answers 200."""
    line = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


class Supervisor:
    """Starts the children of a home, tends them, and stops them in turns."""

    def __init__(self, children: Sequence[Child], home: Home, port: int) -> None:
        self.children, self.home, self.port = children, home, port
        self.url = f"http://{HOST}:{port}"
        self.asked_to_stop = 0
        self.ready = False

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-C, SIGTERM, SIGHUP: stop; a second one: at once."""
        self.asked_to_stop += 1

    def say(self, text: str) -> None:
        """One status line; a terminal that has gone away is no reason to stop."""
        try:
            print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)
        except OSError:
            pass

    def record(self) -> None:
        """Write up.json for whoever asks what runs here."""
        pids = {child.process.name: child.pid for child in self.children if child.pid}
        body = {"url": self.url, "ready": self.ready, "pid": os.getpid(), "pids": pids}
        write_private(self.home.up_file, json.dumps(body, indent=1) + "\n")

    def run(self) -> int:
        """Until a signal comes; 0 when all has stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)
        started_at = time.monotonic()
        self.say(f"starting {', '.join(child.process.name for child in self.children)} at {self.url}")
        try:
            for child in self.children:
                child.start(time.monotonic())
            self.record()
            self.tend(started_at)
        finally:
            self.stop()
        return 0

    def tend(self, started_at: float) -> None:
        """Start again what dies; say when all is ready."""
        ask_at, late_at = started_at + ASK_EVERY_S, started_at + LATE_S
        while not self.asked_to_stop:
            news = [line for child in self.children if (line := child.tend(time.monotonic()))]
            for line in news:
                self.say(line)
            now = time.monotonic()
            if not self.ready and now >= ask_at:
                ask_at = now + ASK_EVERY_S
                self.ready = is_ready(self.port)
                if self.ready:
                    news.append("ready")
                    self.welcome(now - started_at)
                elif now > late_at:
                    late_at += LATE_S
                    self.say(f"not ready after {now - started_at:.0f} s; see {self.home.logs}")
            if news:
                self.record()
            time.sleep(TICK_S)

    def welcome(self, seconds: float) -> None:
        """Where to go now that it runs."""
        self.say(f"ready after {seconds:.0f} s")
        self.say(f"  open {self.url}/ as user admin; the first password is in {self.home.password_file}")
        self.say(f"  REST {self.url}/api/docs/   logs {self.home.logs}   stop with Ctrl-C")

    def stop(self) -> None:
        """Workers first, so that they hand back what they do; then the web process; the broker last."""
        self.say("stopping")
        for turn in sorted({child.process.stop_turn for child in self.children}):
            leaving = [child for child in self.children if child.process.stop_turn == turn]
            asked_at = time.monotonic()
            for child in leaving:
                child.terminate()
            while waiting := [child for child in leaving if not child.gone()]:
                late = time.monotonic() - asked_at > max(child.process.grace_s for child in waiting)
                if late or self.asked_to_stop > 1:
                    break
                time.sleep(TICK_S / 4)
            for child in leaving:
                if not child.gone():
                    self.say(f"{child.process.name} did not stop in time and is killed")
                child.kill()
        self.home.up_file.unlink(missing_ok=True)
        self.say("stopped")


def supervise(home: Home, outer: dict[str, str], *, backoff: Backoff | None = None) -> int:
    """Hold the home, take the port, run the table."""
    home.make()
    with hold(home), listen(outer.get("KILNMARK_PORT", "").strip()) as line:
        port = line.getsockname()[1]
        seen = processes.environment(outer, home.path, port)
        children = [
            Child(
                process,
                environment=seen,
                log=home.logs / f"{process.name}.log",
                cwd=ROOT,
                pass_fds=(line.fileno(),) if process.name == "web" else (),
                backoff=backoff,
            )
            for process in processes.table(sys.executable, home.path, line.fileno(), outer)
        ]
        return Supervisor(children, home, port).run()


def main(arguments: Sequence[str]) -> int:
    """`up`; a reason not to start is one sentence and exit code 1."""
    if list(arguments) != ["up"]:
        print("usage: python -m deploy.supervisor up", file=sys.stderr)
        return 2
    os.umask(0o077)
    home = Home.from_environment(os.environ)
    try:
        return supervise(home, dict(os.environ))
    except ProductError as stop:
        print(stop.detail, file=sys.stderr)
    except OSError as stop:
        where = stop.filename or Path.cwd()
        print(f"Kilnmark cannot start: {stop.strerror or stop} ({where}).", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
