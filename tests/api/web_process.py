"""The web process as it is started in production, over the rows of a test; its port outlives its restarts."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import httpx
from django.db import connection

from tests import home

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60  # of a test; nothing is measured by it


class WebProcess:
    """Listens before it runs and while it does not, as under the supervisor: a client only waits."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=600)
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it

    def start(self, **settings: str) -> None:
        """Returns when it answers."""
        name = connection.settings_dict["NAME"]
        rows = home.SERVER.url(str(name)) if connection.vendor == "postgresql" and home.SERVER else f"sqlite:///{name}"
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--app-dir", "platform"]
        where = ["--fd", str(self.listening.fileno()), "--no-access-log", "--timeout-graceful-shutdown", "30"]
        self.process = subprocess.Popen(
            [*command, *where],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": rows, "KILNMARK_RATE_LIMIT": "0"} | settings,
            pass_fds=[self.listening.fileno()],
            stderr=self.log,
        )
        httpx.get(f"{self.url}/healthz", timeout=PATIENCE_S, trust_env=False).raise_for_status()

    def stop(self) -> str:
        """SIGTERM, as a deploy does it; its log once it has ended by itself."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE_S)
        self.log.seek(0)
        return self.log.read().decode()

    def memory_bytes(self, what: str = "VmRSS") -> int:
        """What it holds (VmRSS), or held at most (VmHWM), in bytes."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(rf"{what}:\s+(\d+) kB", status)
        assert found
        return int(found[1]) * 1024

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.listening.close()
        self.log.close()


class CutLine:
    """A connection in front of a web process that breaks after so many bytes of the client's, once."""

    def __init__(self, port: int, after: int) -> None:
        self.port, self.left = port, after
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *told: object) -> None:
        self._thread.join(PATIENCE_S)
        self.listening.close()

    def _serve(self) -> None:
        """One connection after another until it broke."""
        while True:
            near, _ = self.listening.accept()
            with near, socket.create_connection(("127.0.0.1", self.port)) as far:
                near.settimeout(0.02)
                far.settimeout(0.02)
                if not self._passes(near, far):
                    return

    def _passes(self, near: socket.socket, far: socket.socket) -> bool:
        """Whether the connection ended before it was cut."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            for source, target in ((near, far), (far, near)):
                try:
                    data = source.recv(16384)
                except TimeoutError:
                    continue
                if not data:
                    return True
                if source is near:
                    data, self.left = data[: self.left], self.left - len(data)
                target.sendall(data)
                if self.left <= 0:
                    return False
        return True
