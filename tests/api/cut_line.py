"""A line to a web process that breaks amid what the client says."""

from __future__ import annotations

import socket
import threading
import time
from typing import Self

from tests.served import PATIENCE_S


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
