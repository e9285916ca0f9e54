"""Servers on loopback that take deliveries, each with manners of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from accounts.models import Project, User
from webhooks.models import Webhook
from webhooks.services import create_webhook

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))


@dataclass(frozen=True)
class Taken:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


Manners = Callable[[socket.socket, "Receiver"], None]


def answering(status: int = 200, body: bytes = b"", *headers: str) -> Manners:
    """One answer, whole."""
    head = [f"HTTP/1.1 {status} Fine", f"Content-Length: {len(body)}", *headers]

    def do(link: socket.socket, _receiver: Receiver) -> None:
        link.sendall("\r\n".join([*head, "", ""]).encode() + body)

    return do


class Receiver:
    """A server in a thread; `got` is what came."""

    def __init__(self, manners: Manners | None = None) -> None:
        self.manners = manners or answering()
        self.got: list[Taken] = []
        self.arrived = threading.Semaphore(0)
        self.over = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    def close(self) -> None:
        """End it, and whoever hangs in it."""
        self.over.set()
        self.socket.close()

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                link, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(link,), daemon=True).start()

    def _talk(self, link: socket.socket) -> None:
        with link:
            link.settimeout(20)
            try:
                self.got.append(_request(link))
                self.arrived.release()
                self.manners(link, self)
            except OSError:
                return


def _request(link: socket.socket) -> Taken:
    said = b""
    while b"\r\n\r\n" not in said:
        piece = link.recv(65536)
        if not piece:
            raise OSError("gone")
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += link.recv(65536)
    return Taken(line, headers, body)


def listening(project: Project, owner: User, url: str, name: str = "ci", types: list[str] | None = None) -> Webhook:
    """An endpoint at that address."""
    return create_webhook(project, actor=owner, name=name, url=url, types=types or [])[0]
