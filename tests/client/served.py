"""The real web process on loopback, over the rows of a test: in a thread of the run, or as a process to be killed."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from django.core.asgi import get_asgi_application
from django.db import connection

from api.gate import Gate
from tests import home

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


class Web:
    """Gate and Django under uvicorn in a thread; it keeps its port over restarts."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Serve, and wait until it does."""
        config = uvicorn.Config(
            Gate(get_asgi_application()), port=self.port, log_level="error", timeout_graceful_shutdown=1
        )
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
        with warnings.catch_warnings():  # a view that was cut off never closed its body
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


class Killed:
    """A web process of its own; `kill` is SIGKILL."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.listening.close()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve; who asks meanwhile is refused."""
        name = str(connection.settings_dict["NAME"])
        place = home.SERVER.url(name) if connection.vendor == "postgresql" and home.SERVER else f"sqlite:///{name}"
        command = (sys.executable, "-m", "uvicorn", "config.asgi:application", "--app-dir", "platform")
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), "--log-level", "error", "--no-access-log"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": place},
        )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "the web process did not start"
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """Without a chance to say anything."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE_S)
            self.process = None


def until(true: Any) -> Any:
    """What `true` says as soon as it says something; fails when patience ends."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if said := true():
            return said
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")
