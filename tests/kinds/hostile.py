"""An engine process as small as a verify worker's may be, and files that strangers could send to it."""

from __future__ import annotations

import io
import json
import os
import resource
import select
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

MEMORY_BYTES = 1_500 << 20  # of data; an engine that asks for more gets none
ANSWER_WITHIN_S = 60  # on a loaded machine; nothing here takes more than a few seconds
LAST = ("result", "failure", "stopped")


class Engine:
    """`python -m workers.engine --serve`, its memory bounded, until `end`."""

    def __init__(self, home: Path, root_pem: str) -> None:
        self.home, self.root_pem, self.asked = home, root_pem, 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workers.engine", "--serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"},
        )
        resource.prlimit(self.process.pid, resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))

    def verify(self, data: bytes | Path, name: str = "upload.bin") -> dict[str, Any]:
        """What it says last of an upload: {"type": "result" or "failure", ...}."""
        self.asked += 1
        folder = self.home / str(self.asked)
        folder.mkdir()
        if isinstance(data, bytes):
            (folder / "upload").write_bytes(data)
        upload = {"path": str(folder / "upload" if isinstance(data, bytes) else data), "name": name}
        order = {"kind": "verify", "inputs": {"upload": upload}, "params": {}, "trust": {"root_pem": self.root_pem}}
        (folder / "order.json").write_text(json.dumps(order | {"jobs": [["job-7", "p"]]}))
        line = json.dumps({"folder": str(folder), "secrets": {"mark_keys": json.dumps({"p": "70" * 32})}})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.last()

    def last(self) -> dict[str, Any]:
        """The last report of an order."""
        while select.select([self.process.stdout], [], [], ANSWER_WITHIN_S)[0]:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"the engine ended with {self.process.wait()}")
            if (said := json.loads(line))["type"] in LAST:
                return said
        raise AssertionError("the engine did not answer")

    def end(self) -> None:
        """It has done its work."""
        self.process.kill()
        self.process.communicate()


class Ear:
    """A server on this machine that only notes whether anybody came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.0)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/x"

    def heard(self) -> bool:
        """Whether somebody connected."""
        try:
            with closing(self.socket.accept()[0]):
                return True
        except BlockingIOError:
            return False


def chunk(kind: bytes, body: bytes) -> bytes:
    """One of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk behind its header."""
    return png[:33] + chunk(kind, body) + png[33:]


def blank_png(width: int, height: int) -> bytes:
    """A whole, valid, black picture of one bit a pixel."""
    packer, row = zlib.compressobj(1), bytes(1 + (width + 7) // 8)
    rows = max(1, (1 << 20) // len(row))
    parts = [packer.compress(row * min(rows, height - start)) for start in range(0, height, rows)]
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", b"".join(parts) + packer.flush()) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


def box(kind: bytes, body: bytes, length: int | None = None) -> bytes:
    """One of JUMBF (ISO 19566-5), which may lie about its length."""
    return struct.pack(">I", len(body) + 8 if length is None else length) + kind + body


def described(label: bytes) -> bytes:
    """The description of a superbox of C2PA."""
    return box(b"jumd", b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x008\x9bq\x03" + label + b"\0")


def nested(depth: int) -> bytes:
    """Superboxes in superboxes."""
    head = described(b"c2pa")
    return b"".join(struct.pack(">I", left * (8 + len(head))) + b"jumb" + head for left in range(depth, 0, -1))


def members(pairs: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip with these members, whatever they are called."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in pairs:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
