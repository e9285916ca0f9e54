"""Lines that a person can follow: seconds since the start, then what happens."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """Prints `[ 12 s] text`; the clock counts from `since`, seconds since the epoch."""

    def __init__(
        self, since: float | None = None, out: TextIO | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.clock, self.out = clock, out or sys.stdout
        self.since = clock() if since is None else since

    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.since

    def say(self, text: str) -> None:
        """One line, at once, also into a pipe."""
        print(f"[{self.elapsed_s():4.0f} s] {text}", file=self.out, flush=True)
