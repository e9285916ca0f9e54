"""A command in a terminal of its own, as a person has it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

from tests.served import until

ROOT = Path(__file__).resolve().parents[2]
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _heeds_interrupts() -> None:
    """As in a terminal, also where the tests themselves run in the background, which leaves SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """80 columns, 40 lines, 256 colours; `text` is all that was written to it, without control sequences."""

    def __init__(self, *words: object, environment: dict[str, str]) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        outer = {
            name: said
            for name, said in os.environ.items()
            if name not in ("NO_COLOR", "TMUX", "STY", "COLUMNS", "LINES")
        }
        env = outer | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT / "client"), "LANG": "C.UTF-8"} | environment
        command = [sys.executable, "-m", "kilnmark", *map(str, words)]
        self.process = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=ROOT, start_new_session=True,
            preexec_fn=_heeds_interrupts,
        )  # fmt: skip
        os.close(theirs)
        self.raw = b""
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self.ours, 65536)
            except OSError:  # the other side has gone
                return
            if not piece:
                return
            self.raw += piece

    @property
    def text(self) -> str:
        """What was written so far."""
        return CONTROLS.sub("", self.raw.decode(errors="replace"))

    def shows(self, words: str) -> None:
        """Wait until it has been written."""
        until(lambda: words in self.text or self.process.poll() is not None)
        assert words in self.text, self.text[-3000:]

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        code = self.process.wait(60)
        self.thread.join(10)
        return code

    def close(self) -> None:
        """Nothing runs on."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.thread.join(10)
        os.close(self.ours)
