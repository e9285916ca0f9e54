"""The real web process on loopback, over the rows of a test: in a thread of the run, or as a process to be killed."""

from __future__ import annotations

import gc
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from django.db import connection

from api.gate import Gate
from api.threads import Threaded
from tests import home

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60.0  # of a test; nothing is measured by it


class Web:
    """Gate and Django under uvicorn in a thread; it keeps its port over restarts, and is refused between them."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Serve, and wait until it does."""
        self.django = Threaded()
        config = uvicorn.Config(Gate(self.django), port=self.port, log_level="error", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until(lambda: self.server.started or not self.thread.is_alive())
        assert self.server.started, "the web process did not start"

    def cut(self) -> None:
        """End at once, as a killed process does: every connection is reset in the middle of what it said."""
        loop = self.server.servers[0].get_loop()
        loop.call_soon_threadsafe(self._abort)
        self.stop()
        with warnings.catch_warnings():  # a view that was cut off never closed its body
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    def _abort(self) -> None:
        for one in self.server.servers:
            one.close()
        for connection_ in list(self.server.server_state.connections):
            connection_.transport.abort()  # type: ignore[union-attr]

    def stop(self) -> None:
        """End."""
        self.server.should_exit = True
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()
        self.django.close()


@contextmanager
def served() -> Iterator[str]:
    """`with served() as url:` a web process in a thread."""
    web = Web()
    try:
        yield web.url
    finally:
        web.stop()


class WebProcess:
    """As it is started in production; it listens before it runs and while it does not, so a client only waits."""

    def __init__(self, application: str = "config.asgi:application") -> None:
        self.application = application
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=600)
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it

    def start(self, **settings: str) -> None:
        """Returns when it answers."""
        self.launch(**settings)
        httpx.get(f"{self.url}/healthz", timeout=PATIENCE_S, trust_env=False).raise_for_status()

    def launch(self, **settings: str) -> None:
        """Returns at once."""
        command = [sys.executable, "-m", "uvicorn", self.application, "--app-dir", "platform", "--no-access-log"]
        self.process = subprocess.Popen(
            [*command, "--fd", str(self.listening.fileno()), "--timeout-graceful-shutdown", "30"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": rows_url(), "KILNMARK_RATE_LIMIT": "0"} | settings,
            pass_fds=[self.listening.fileno()],
            stderr=self.log,
        )

    def ended(self) -> int:
        """Its exit code, once it has ended; minus the number of the signal that ended it."""
        assert self.process is not None
        return self.process.wait(PATIENCE_S)

    def stop(self) -> str:
        """SIGTERM, as a deploy does it; its log once it has ended by itself."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.ended()
        self.log.seek(0)
        return self.log.read().decode()

    def kill(self) -> None:
        """SIGKILL: without a chance to say anything."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def memory_bytes(self, what: str = "VmRSS") -> int:
        """What it holds (VmRSS), or held at most (VmHWM), in bytes."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"{what}:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def close(self) -> None:
        """End it, whatever it does."""
        self.kill()
        self.listening.close()
        self.log.close()


def rows_url() -> str:
    """DATABASE_URL of the rows of this test."""
    name = str(connection.settings_dict["NAME"])
    return home.SERVER.url(name) if connection.vendor == "postgresql" and home.SERVER else f"sqlite:///{name}"


def until(true: Any) -> Any:
    """What `true` says as soon as it says something; fails when patience ends."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if said := true():
            return said
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")
