"""A PostgreSQL server of this test run: in a temporary folder, on a private socket, ended with the run."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

PR_SET_PDEATHSIG = 1
STARTS_WITHIN_S = 60.0
OWNER, DATABASE = "kilnmark", "postgres"
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # nothing here outlives the run


def binaries() -> Path | None:
    """The folder of `postgres` and `initdb`: the newest of Debian's packages, else that of PATH; None without one."""
    debian = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name.isdecimal()]
    debian.sort(key=lambda folder: int(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    folders = debian + ([Path(on_path).resolve().parent] if on_path else [])
    return next((one for one in folders if (one / "postgres").exists() and (one / "initdb").exists()), None)


class Server:
    """A running server. It refuses to run as root, so root lends it another user."""

    def __init__(self, programs: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kilnmark-postgres-"))
        self.programs = programs
        lent = _lent_user()
        if lent:
            os.chown(self.folder, lent["user"], lent["group"])
        self._as: dict[str, Any] = {"cwd": self.folder, "env": _clean(os.environ), "stdin": subprocess.DEVNULL, **lent}
        try:
            self._make()
            self.process = self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _make(self) -> None:
        """An empty cluster: only who reaches the socket's folder, which is closed to others, may connect."""
        how = ("--auth", "trust", "--username", OWNER, "--encoding", "UTF8", "--locale", "C", "--no-sync")
        subprocess.run(
            [self.programs / "initdb", "--pgdata", self.folder / "data", *how],
            **self._as,
            check=True,
            capture_output=True,
        )

    def _start(self) -> subprocess.Popen[bytes]:
        """Start and wait until it answers; the kernel ends it should this process be killed."""
        settings = ("listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=100", *FORGETFUL)
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        command += [word for one in settings for word in ("-c", one)]
        with (self.folder / "log").open("wb") as log:
            process = subprocess.Popen(command, **self._as, stdout=log, stderr=log, preexec_fn=_dies_with_us)
        end = time.monotonic() + STARTS_WITHIN_S
        asks = [str(self.programs / "pg_isready"), "--host", str(self.folder), "--quiet"]
        while subprocess.run(asks, **self._as).returncode:
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                process.wait()
                raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        return process

    def url(self, database: str = DATABASE) -> str:
        """The DATABASE_URL of one of its databases; the first is there from the start."""
        return f"postgres://{OWNER}@{quote(str(self.folder), safe='')}/{database}"

    def new_database(self, name: str) -> str:
        """Make an empty database; returns its DATABASE_URL."""
        how = ("--host", str(self.folder), "--username", OWNER)
        subprocess.run([self.programs / "createdb", *how, name], **self._as, check=True, capture_output=True)
        return self.url(name)

    def restart(self) -> None:
        """Cut off whoever is connected, end it and start it again on what it had written."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(STARTS_WITHIN_S)
        self.process = self._start()

    def stop(self) -> None:
        """End it at once, whoever is connected, and leave nothing behind."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _lent_user() -> dict[str, Any]:
    """Whom root runs the server as (`postgres`, which Debian's package makes, else `nobody`); nobody else needs one."""
    if os.getuid():
        return {}
    known = {one.pw_name: one for one in pwd.getpwall()}
    one = known.get("postgres") or known["nobody"]
    return {"user": one.pw_uid, "group": one.pw_gid, "extra_groups": []}


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Without PGHOST and its like, which would lead to a server that is not ours."""
    return {name: value for name, value in environment.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _dies_with_us() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
