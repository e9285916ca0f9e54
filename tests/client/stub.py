"""A server of few words: it hears a request and does what its script says next."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from typing import Any

REASONS = {200: "OK", 404: "Not Found", 429: "Too Many Requests", 500: "Oops", 503: "Unavailable"}


class Stub:
    """Answers connection after connection, each request once, in a thread.

    A script has: a status (a problem with that status), bytes (sent as they are), a (status, headers, body), and the
    words `echo` (a problem that repeats the request), `garbage`, `close`, `hang`.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.socket, self.tls = socket.create_server(("127.0.0.1", 0)), tls
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.socket.getsockname()[1]}"
        self.heard: list[str] = []
        self.left: list[Any] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def script(self, *acts: Any) -> None:
        """What it does with the next requests."""
        self.left = list(acts)

    def close(self) -> None:
        """End."""
        self.over.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join(30)

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                link, _ = self.socket.accept()
            except OSError:
                return
            with link:
                try:
                    self._one(self.tls.wrap_socket(link, server_side=True) if self.tls else link)
                except OSError:
                    continue

    def _one(self, link: socket.socket) -> None:
        request = heard(link)
        if not request:
            return
        self.heard.append(request)
        act = self.left.pop(0) if self.left else 500
        if act == "hang":
            link.settimeout(30)
            link.recv(1)  # until the client has gone
        elif act == "garbage":
            link.sendall(b"\x00\xff this is no HTTP\r\n\r\n")
        elif act != "close":
            link.sendall(act if isinstance(act, bytes) else answer(act, request))
            link.shutdown(socket.SHUT_WR)


def heard(link: socket.socket) -> str:
    """A whole request."""
    said = b""
    while b"\r\n\r\n" not in said:
        piece = link.recv(65536)
        if not piece:
            return ""
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields.get(b"content-length", b"0")):
        body += link.recv(65536)
    return (head + b"\r\n\r\n" + body).decode("latin-1")


def answer(act: Any, request: str) -> bytes:
    """An answer as bytes."""
    status, headers, body = act if isinstance(act, tuple) else (act, {}, b"")
    if act == "echo":
        status, headers = 404, {}
        body = json.dumps({"code": "not_found", "detail": request, "got": {"request": request}}).encode()
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Said')}", "Connection: close"]
    fields = {"Content-Length": str(len(body))} | headers
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
