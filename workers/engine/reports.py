"""The attempt folder's two small files: reports.jsonl, what the engine says, and control.json, what it is asked."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar

from models_store.full_disk import no_room
from workers.engine.plain_json import in_words, text

T = TypeVar("T")
TURN = "turn"  # the wish that a job leaves for a while, once it has got on: a batch that was begun is kept
APART = "apart"  # why jobs leave a batch that failed: each is tried again by itself


class Reports:
    """Appends lines to reports.jsonl and repeats each on `echo`, the pipe the parent reads (contracts.Reporter).

    `of` tells orders apart that run together: the place among them is said on the echo, but for the first one's.
    """

    def __init__(self, folder: Path, echo: IO[str] | None = None, of: int = 0) -> None:
        self._echo, self._of = echo, of
        self._file: IO[str] | None = None
        self._file = self._kept(lambda: (folder / "reports.jsonl").open("a", encoding="utf-8"))
        self._started: float | None = None
        self._first_done = 0

    def say(self, type_: str, **body: Any) -> None:
        """One report: a JSON line with its type and the time (Unix seconds); NotFinite where a number in it is none."""
        said = {"type": type_, "at": round(time.time(), 3)} | (in_words(body) if type_ == "failure" else body)
        line = text(said, ensure_ascii=False) + "\n"
        self._kept(lambda: _write(self._file, line))
        _write(self._echo, text(said | {"of": self._of}, ensure_ascii=False) + "\n" if self._of else line)

    def _kept(self, act: Callable[[], T]) -> T | None:
        """What `act` on the file returns; where the disk is full and somebody hears the echo, that must do."""
        try:
            return act()
        except OSError as full:
            if self._echo is None or not no_room(full):
                raise
        self.close()
        return None

    def progress(self, done: int, total: int, unit: str) -> None:
        """How far the work is; the ETA (seconds) comes from the rate since this attempt began."""
        now = time.monotonic()
        if self._started is None:
            self._started, self._first_done = now, done
        moved = done - self._first_done
        eta_s = round((now - self._started) / moved * (total - done), 1) if moved > 0 else None
        self.say("progress", done=done, total=total, unit=unit, eta_s=eta_s)

    def metric(self, step: int, values: Mapping[str, float]) -> None:
        """Named figures at one step; one that is no number is left out of its curve, and said."""
        finite = {name: value for name, value in values.items() if math.isfinite(value)}
        for name in values.keys() - finite.keys():
            self.log(f"{name} is {values[name]} at step {step}: left out", "warning")
        if finite:
            self.say("metric", step=step, values=finite)

    def sample(self, step: int, file: str, seed: str = "") -> None:
        """A preview picture, by its path in the folder, and the seed that its items were drawn from."""
        self.say("sample", step=step, file=file, **({"seed": seed} if seed else {}))

    def checkpoint(self, step: int, folder: str) -> None:
        """A saved state, by its path in the folder."""
        self.say("checkpoint", step=step, folder=folder)

    def artifacts(self, items: list[dict[str, Any]]) -> None:
        """A chunk of finished artifacts."""
        self.say("artifacts", items=items)

    def partial(self, pieces: list[dict[str, Any]]) -> None:
        """What was added to texts that are still being made: [{index, at, text}], `at` in characters."""
        self.say("partial", pieces=pieces)

    def facts(self, **facts: Any) -> None:
        """What is recorded about how this attempt ran: device, precision, threads, provider."""
        self.say("facts", facts=facts)

    def log(self, message: str, level: str = "info") -> None:
        """A line for the job's kept log."""
        self.say("log", level=level, message=message)

    def close(self) -> None:
        """Close the file; the echo belongs to the caller."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what is not on the disk yet has been heard
                file.close()


def _write(out: IO[str] | None, line: str) -> None:
    if out is not None:
        out.write(line)
        out.flush()


class Muted(Reports):
    """Of a process beside the first, which speaks for all: only a failure that the first may know nothing of."""

    OWN = ("out_of_memory", "disk_full")

    def say(self, type_: str, **body: Any) -> None:
        """Nothing, unless it failed by itself."""
        if type_ == "failure" and (not body["expected"] or body["error"].get("code") in self.OWN):
            super().say(type_, **body)


class Unheard:
    """A reporter (contracts.Reporter) whom nobody hears."""

    def progress(self, done: int, total: int, unit: str) -> None: ...
    def metric(self, step: int, values: Mapping[str, float]) -> None: ...
    def sample(self, step: int, file: str, seed: str = "") -> None: ...
    def checkpoint(self, step: int, folder: str) -> None: ...
    def artifacts(self, items: list[dict[str, Any]]) -> None: ...
    def partial(self, pieces: list[dict[str, Any]]) -> None: ...
    def facts(self, **facts: Any) -> None: ...
    def log(self, message: str, level: str = "info") -> None: ...


class Control:
    """What control.json of a folder asks for, read again only where it has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._file = folder, str(folder / "control.json")
        self._seen: tuple[int, ...] = ()
        self._want = ""

    def __call__(self) -> str:
        try:
            said = os.stat(self._file)
        except FileNotFoundError:
            return ""
        seen = (said.st_ino, said.st_mtime_ns, said.st_size)
        if seen != self._seen or self._want:
            self._seen, self._want = seen, wants(self._folder)
        return self._want


def wants(folder: Path) -> str:
    """What control.json asks for: "" (nothing), save, cancel, pause or yield."""
    try:
        return str(json.loads((folder / "control.json").read_text()).get("want", ""))
    except (FileNotFoundError, json.JSONDecodeError):
        return ""
