"""What comes before the body of a request is bounded, so that a stranger fills no memory."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from config.request_head import MOST_BYTES, BoundedHead
from deploy import processes

PATIENCE_S = 30
ENDLESS = b"x" * (8 * MOST_BYTES)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, answers how long it was."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    said = str(size).encode()
    head = [(b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": said})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a server with that protocol."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, http="config.request_head:BoundedHead", lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join(PATIENCE_S)


def answer(port: int, *pieces: bytes) -> tuple[int, bytes]:
    """Status and body of what was said until the server hung up, which it must; 0 where it said nothing."""
    said = bytearray()
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as near:
        try:
            for piece in pieces:
                near.sendall(piece)
        except OSError:  # it hung up in the middle of what we said
            pass
        try:
            while data := near.recv(65536):
                said += data
        except ConnectionResetError:
            pass
    head, _, body = bytes(said).partition(b"\r\n\r\n")
    return (int(head.split()[1]) if head else 0), body


BEGUN = b"GET / HTTP/1.1\r\nHost: a\r\n"
ENDS = {
    "one header without end": (BEGUN, b"X: ", ENDLESS, ENDLESS),
    "headers without end": (BEGUN, b"X: y\r\n" * (4 * MOST_BYTES), b"X: y\r\n" * (4 * MOST_BYTES)),
    "an address without end": (b"GET /", ENDLESS, ENDLESS),
    "trailers without end": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", b"X: ", ENDLESS, ENDLESS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDS)
def test_who_says_more_before_a_body_than_is_taken_is_hung_up_on(name: str, port: int) -> None:
    status, _ = answer(port, *ENDS[name])
    assert status in (0, 431)  # 0: it was hung up on while it still spoke, which takes the answer with it


def test_a_refusal_is_a_problem_with_its_code() -> None:
    said: list[bytes] = []

    class Transport:
        write, closed = said.append, False

        def is_closing(self) -> bool:
            return self.closed

        def close(self) -> None:
            self.closed = True

        def get_extra_info(self, name: str) -> None:
            return None

    config = uvicorn.Config(application, lifespan="off", log_level="critical")
    config.load()
    protocol = BoundedHead(config, uvicorn.server.ServerState(), {}, _loop=object())  # type: ignore[arg-type]
    protocol.connection_made(Transport())  # type: ignore[arg-type]
    protocol.data_received(BEGUN + b"X: ")
    for _ in range(MOST_BYTES // 1024 + 1):
        protocol.data_received(b"x" * 1024)
    head, _, body = b"".join(said).partition(b"\r\n\r\n")
    assert (head.split()[1], json.loads(body)["code"]) == (b"431", "headers_too_large")
    assert protocol.transport.is_closing()


def test_what_is_no_http_is_refused_as_a_problem(port: int) -> None:
    status, body = answer(port, b"\x89 BREW\r\n\r\n")
    assert (status, json.loads(body)["code"]) == (400, "malformed")


def test_a_large_body_is_no_large_head(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (20 * len(ENDLESS))
    assert answer(port, head, *[ENDLESS] * 20) == (200, str(20 * len(ENDLESS)).encode())


def test_many_requests_on_one_connection_are_no_large_head(port: int) -> None:
    one = BEGUN + b"X: " + b"y" * (MOST_BYTES // 2) + b"\r\n\r\n"
    last = one.replace(b"Host", b"Connection: close\r\nHost")
    status, rest = answer(port, one, one, one, last)
    assert (status, rest.count(b"200 OK")) == (200, 3)


def test_the_web_process_is_started_with_it() -> None:
    command = processes.web("python").command
    assert command[command.index("--http") + 1] == "config.request_head:BoundedHead"
