"""The engine as a child process: orders go down its standard input, reports come up, signatures on a socket."""

from __future__ import annotations

import json
import logging
import os
import queue
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from workers.tasks.child_memory import ChildMemory
from workers.tasks.child_use import cpu_seconds

log = logging.getLogger(__name__)
PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH", "VIRTUAL_ENV",
    "KILNMARK_INCEPTION",
)  # fmt: skip
TENSORS = {  # of glibc; tensors come and go with each step, and new pages for them took a tenth of the time
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),  # what is freed is kept for the next ones,
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),  # until the order is done (engine/memory.py give_back)
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # on large pages, where the system lets programs ask for them
}
THREAD_WORDS = ("OMP_", "MKL_", "OPENBLAS_", "NVPL_")
LONGEST_CLAIM = 1 << 20  # bytes that may be sent for signing
MOST_UNREAD = 64  # reports that wait for us before the engine has to wait; a chunk of artifacts is 100 kB of one
TRY_AGAIN_S = 1.0
CHANNELS = 2  # on which it may ask for signatures at once: one for each of its signing threads


def child_environment() -> dict[str, str]:
    """What a child may know: an allow-list without database address, broker or keys."""
    kept = {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith(THREAD_WORDS)}
    quiet = {"OPENBLAS_NUM_THREADS": "1"}  # its threads spin: on a busy machine a 128 px mark took ten times the CPU
    return (
        TENSORS | quiet | kept | {"OMP_WAIT_POLICY": "PASSIVE", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    )


def channel() -> tuple[socket.socket, socket.socket]:
    """Both ends of one that waits for ever.

    Celery sets a timeout for all new sockets of the process while it lets a lost connection go; one that got it would
    refuse every later signature.
    """
    ends = socket.socketpair()
    for end in ends:
        end.settimeout(None)
    return ends


class Child:
    """One engine process; `send` an order, then take its `reports` until one of them is final.

    `signs` is the id of the key that `sign` signs with. With None it gets no channel to ask for a signature on.
    """

    def __init__(self, sign: Callable[[bytes], bytes] | None, signs: str = "") -> None:
        self.signs = signs
        ends = [channel() for _ in range(CHANNELS)] if sign else []
        log_file = settings.KILNMARK_HOME / "logs" / "engine.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        fds = [theirs.fileno() for _, theirs in ends]
        command = [sys.executable, "-m", "workers.engine", "--serve"]
        with ExitStack() as closing, log_file.open("ab") as stderr:
            for _, theirs in ends:
                closing.enter_context(theirs)
            self.process = subprocess.Popen(
                command + (["--signer-fds", *map(str, fds)] if fds else []),
                cwd=settings.ROOT,
                env=child_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                pass_fds=fds,
                start_new_session=True,
            )
        resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
        self.memory, self.killed = ChildMemory(self.process.pid, settings.CHILD_MEMORY_BYTES), False
        self.orders_run, self._cpu_s, self._over = 0, 0.0, threading.Event()
        self._reports: queue.Queue[dict[str, Any] | None] = queue.Queue(MOST_UNREAD)
        threading.Thread(target=self._read, name="reports", daemon=True).start()
        for mine, _ in ends:
            threading.Thread(target=_serve_signatures, args=(mine, sign), name="signer", daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self.process.returncode is None and not self._has_ended(os.WNOHANG)

    def send(
        self, folder: Path, secrets: Mapping[str, str], others: Sequence[tuple[Path, Mapping[str, str]]] = ()
    ) -> None:
        """Give it an attempt folder, and others that run together with it; secrets go down the pipe only."""
        self.orders_run += 1
        assert self.process.stdin is not None  # noqa: S101 - opened as a pipe above
        order, *more = [{"folder": str(place), "secrets": dict(said)} for place, said in ((folder, secrets), *others)]
        line = json.dumps(order | ({"with": more} if more else {})) + "\n"
        try:
            self.process.stdin.write(line.encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            log.warning("the engine was gone before its order reached it")  # the end of its reports says so

    def report(self, timeout_s: float) -> dict[str, Any] | None:
        """The next report; raises queue.Empty after a while without one, gives None once the process has ended."""
        return self._reports.get(timeout=timeout_s)

    def _read(self) -> None:
        assert self.process.stdout is not None  # noqa: S101 - opened as a pipe above
        for line in self.process.stdout:
            try:
                self._hand_on(json.loads(line))
            except json.JSONDecodeError:
                log.warning("the engine said something that is no report: %.80r", line)
        self._has_ended()
        self.process.wait()
        self._hand_on(None)

    def _hand_on(self, said: dict[str, Any] | None) -> None:
        """A report to whoever follows; while too many wait, so does the engine, which then holds no more than these.

        Once it was ended nobody may follow any more: what finds no room is let go, but for the last word.
        """
        while True:
            try:
                self._reports.put(said, timeout=TRY_AGAIN_S)
                return
            except queue.Full:
                if not self._over.is_set():
                    continue
            if said is not None:
                return
            with suppress(queue.Empty):
                self._reports.get_nowait()

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether that was why it ended without a word."""
        code = self.process.returncode
        return code is not None and self.memory.ran_out(code, by_us=self.killed)

    def cpu_s(self) -> float:
        """CPU seconds of the process so far; once it has ended, of all of it."""
        self._cpu_s = max(self._cpu_s, cpu_seconds(self.process.pid) or 0.0)
        return self._cpu_s

    def _has_ended(self, options: int = 0) -> bool:
        """Whether it has, once it has unless told otherwise; takes its last figures, which `wait` forgets."""
        try:
            over = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT | options)
        except ChildProcessError:  # another thread has waited for it
            return True
        if over:
            self.cpu_s()
        return over is not None

    def end(self) -> str:
        """Kill what is left and say how it ended."""
        self._over.set()
        if self.alive:
            self.killed = True
            self.process.kill()
        self._has_ended()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        code = self.process.returncode
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _serve_signatures(pipe: socket.socket, sign: Callable[[bytes], bytes]) -> None:
    with pipe, pipe.makefile("rwb") as wire:
        try:
            while head := wire.read(4):
                length = int.from_bytes(head, "big")
                if length > LONGEST_CLAIM:
                    log.error("the engine asked for a signature over %d bytes; refused", length)
                    return
                signature = sign(wire.read(length))
                wire.write(len(signature).to_bytes(4, "big") + signature)
                wire.flush()
        except (OSError, ValueError):
            return  # the child is gone
