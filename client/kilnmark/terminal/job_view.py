"""A job as it is watched in a terminal: how far it is, its curves, its newest sample grid."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from kilnmark.answers.jobs import Event, Job
from kilnmark.errors import plain
from kilnmark.terminal.curves import curves
from kilnmark.terminal.pictures import half_blocks
from kilnmark.terminal.png import Unshowable

MARKS = {
    "succeeded": ("✔", "green"), "failed": ("✘", "red"), "errored": ("✘", "red"), "cancelled": ("■", "bright_black"),
    "held": ("⏸", "yellow"), "paused": ("⏸", "yellow"), "queued": ("…", "blue"),
}  # fmt: skip
QUIET_AFTER_S = 40.0  # the platform says something every 15 s
FRAME_ROWS = 7  # lines that are neither curve nor picture


class JobView:
    """What is known of a job; for `Live` of rich. `now_s` is a clock that only grows."""

    def __init__(self, job: Job, *, pictures: bool = True, now_s: Callable[[], float] = time.monotonic) -> None:
        self.job, self.state, self.reason = job, job.state, job.state_reason
        self.done, self.total, self.unit, self.eta_s = (
            job.progress.done, job.progress.total, job.progress.unit, job.progress.eta_s
        )  # fmt: skip
        self.points: dict[str, dict[int, float]] = {}
        self.picture, self.step, self.place = b"", -1, ""
        self.pictures, self.now_s = pictures, now_s
        self.heard_at = now_s()
        self._kept: tuple[object, list[Text]] = (None, [])
        self._spinner = Spinner("dots", style="cyan")

    def heed(self, event: Event) -> None:
        """Take in what happened; an event that says something else than it should is passed over."""
        self.heard_at = self.now_s()
        with suppress(AttributeError, OverflowError, TypeError, ValueError):
            self._take(event)

    def _take(self, event: Event) -> None:
        said = event.data
        if event.type == "state":
            self.state, self.reason = str(said.get("state", "")), str(said.get("reason", ""))
        elif event.type == "progress":
            self.done, self.total = counted(said.get("done")), counted(said.get("total"))
            eta_s = said.get("eta_s")
            self.unit, self.eta_s = str(said.get("unit") or ""), None if eta_s is None else float(eta_s)
        elif event.type == "metric":
            for name, value in (said.get("values") or {}).items():
                if isinstance(value, (int, float)):
                    self.points.setdefault(plain(str(name)), {})[counted(said.get("step"))] = float(value)

    def show(self, step: int, picture: bytes, place: str = "") -> None:
        """The newest sample grid; `place` is a file, where the terminal cannot show it."""
        self.step, self.picture, self.place = step, picture, place

    def ended(self, job: Job) -> None:
        """How it came out."""
        self.job, self.state, self.reason = job, job.state, job.state_reason
        self.done, self.total = job.progress.done, job.progress.total

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """All of it, within the terminal."""
        width, height = options.max_width, console.size.height
        yield self._head()
        if self.total:
            yield self._bar(width)
        if self.reason:
            yield Text(f"  {plain(self.reason)}", "yellow" if self.state in ("held", "paused", "queued") else "dim",
                       no_wrap=True, overflow="ellipsis")  # fmt: skip
        room = height - FRAME_ROWS
        rows = max(3, min(9, room // 2 if self.picture else room))
        drawn = curves({name: sorted(found.items()) for name, found in self.points.items()}, min(width, 100) - 1, rows)
        yield from drawn
        yield from self._picture(width, room - len(drawn) + 1)

    def _head(self) -> RenderableType:
        said = Text(no_wrap=True, overflow="ellipsis")
        sign, colour = MARKS.get(self.state, ("", "cyan"))
        name = self.job.name or self.job.family or ""
        said.append(plain(f"{self.job.kind} {name}".strip()), "bold").append(plain(f"  {self.state}"), colour)
        said.append(plain(f"  {self.job.id}"), "dim")
        silent_s = self.now_s() - self.heard_at
        if silent_s > QUIET_AFTER_S and self.state not in ("succeeded", "failed", "errored", "cancelled"):
            said.append(f"  nothing heard for {silent_s:.0f} s", "yellow")
        grid = Table.grid(padding=(0, 1))
        grid.add_row(Text(sign, colour) if sign else self._spinner, said)
        return grid

    def _bar(self, width: int) -> RenderableType:
        grid = Table.grid(padding=(0, 1))
        share = min(1.0, self.done / self.total)
        said = f"{self.done:,}/{self.total:,} {plain(self.unit)}  {share:.0%}"
        if self.state == "running" and self.eta_s is not None and math.isfinite(self.eta_s):
            said += f"  {lasting(self.eta_s)} to go"
        across = max(10, min(40, width - len(said) - 6))
        grid.add_row("", ProgressBar(total=self.total, completed=self.done, width=across), said)
        return grid

    def _picture(self, width: int, rows: int) -> list[Text]:
        if not self.picture and not self.place:
            return []
        caption = Text(f"samples at step {self.step:,}" + (f": {self.place}" if self.place else ""), "dim", end="\n")
        if not self.pictures or not self.picture or rows < 3:
            return [caption]
        key = (self.step, width, rows, len(self.picture))
        if self._kept[0] != key:
            try:
                self._kept = key, half_blocks(self.picture, width - 1, rows - 1)
            except Unshowable as why:
                self._kept = key, [Text(str(why), "dim")]
        return [caption, *self._kept[1]]


def counted(said: object) -> int:
    """A count, 0 where none is said; ValueError or TypeError for what is none."""
    found: int = int(said or 0)  # type: ignore[call-overload]
    if not 0 <= found < 1 << 63:
        raise ValueError
    return found


def lasting(seconds: float) -> str:
    """`12 s`, `4 min`, `2 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
