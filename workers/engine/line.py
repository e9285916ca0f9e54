"""Sampled items on their way out: marked, labelled, encoded, signed and written on other threads, reported in chunks.

So the networks make the next items meanwhile. What waits is bounded, and with it memory, however many are to be made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache, partial
from typing import Any

from models_store.canonical import digest
from models_store.errors import InvalidInput
from models_store.media_types import beside, suffix
from workers.contracts import Attempt, Modality, Stopped
from workers.engine.guarding import Guarding
from workers.engine.release import Unsigned, marked_many, prepare, sign_off
from workers.engine.reports import TURN
from workers.engine.shown import with_words
from workers.engine.wishes import Wish

CHUNK = 64  # artifacts reported at once; each chunk is one leaf of the log
SHEET_ITEMS = 64
SIGNERS = 2  # threads; more of them only wait for each other
SLICE = 8  # artifacts that a thread finishes in one go: to hand over each by itself costs half as much again
MOST_UNSIGNED = 16  # slices that wait, before the line itself does


@cache
def signers() -> ThreadPoolExecutor:
    """The threads that finish and sign, for all lines of the process."""
    return ThreadPoolExecutor(SIGNERS, thread_name_prefix="sign")


class Line:
    """The line of one attempt; `shown` keeps the first items, marked, for its contact sheet."""

    def __init__(self, attempt: Attempt, total: int, made: int) -> None:
        """Of `total` artifacts an earlier attempt `made` some; InvalidInput without a mark key and a signer."""
        if attempt.sign is None or not attempt.secrets.get("mark_key"):
            raise InvalidInput(
                "Nothing is released without a mark key and a signer.", field="secrets", expected="mark_key, signer"
            )
        self.attempt, self.total, self.made, self.sign = attempt, total, made, attempt.sign
        self.seed, self.key = str(attempt.order["seed"]), bytes.fromhex(attempt.secrets["mark_key"])
        self.shown, self.waiting = dict[int, Any](), list[dict[str, Any]]()
        self.guarding = Guarding(attempt, total)
        self._signing = deque[Future[list[dict[str, Any]]]]()
        (attempt.folder / "out").mkdir(exist_ok=True)
        attempt.report.progress(made, total, "items")

    def add(
        self,
        role: str,
        modality: Modality,
        wishes: Sequence[Wish],
        items: Sequence[Any],
        leaned_from: int | None = None,
    ) -> None:
        """Release these items, made by the model of that role (`leaned_from`: release.py); report every full chunk."""
        said = self.attempt.order["release"]
        said = {**said, **said["models"][role]}
        for start in range(0, len(items), SLICE):
            part = slice(start, start + SLICE)
            work = partial(self._finished, role, said, modality, leaned_from)
            self._signing.append(signers().submit(work, [wish.index for wish in wishes[part]], list(items[part])))
            self._take_back()
        self._take_back(leave=MOST_UNSIGNED)

    def _finished(
        self,
        role: str,
        said: Mapping[str, Any],
        modality: Modality,
        leaned_from: int | None,
        indices: Sequence[int],
        items: Sequence[Any],
    ) -> list[dict[str, Any]]:
        """Mark, label, sign and write a slice; how its artifacts are reported. Runs on a thread of `signers`."""
        worded = [with_words(item, modality, self.attempt.order.get("params", {})) for item in items]
        finish, reports = partial(prepare, modality=modality, mark_key=self.key, leaned_from=leaned_from), []
        for index, item, marked in zip(indices, worded, marked_many(worded, modality, self.key), strict=True):
            made = finish(item, index, said, marked=marked)
            if index < SHEET_ITEMS:
                self.shown[index] = made.item
            reports.append(self._reported(role, made, said))
        return reports

    def _reported(self, role: str, made: Unsigned, said: Mapping[str, Any]) -> dict[str, Any]:
        released = sign_off(made, said, self.sign)
        file = f"out/{made.index:06d}.{suffix(released.media_type)}"
        return {
            "index": made.index,
            "model": role,
            **self.kept(file, released.data),
            "media_type": released.media_type,
            "content_sha256": released.content_sha256,
            "seed": self.seed,
            "marks": released.marks | self.guarding.figures(made.index),
            "sidecars": {name: self.kept(beside(file, name), data) for name, data in released.sidecars.items()},
        }

    def _take_back(self, leave: int | None = None) -> None:
        """What is signed joins those that wait to be reported, in its order; every full chunk is reported.

        All that is ready is taken; with `leave`, the others are waited for until so many slices are left. Raises
        what a thread raised.
        """
        while self._signing and (self._signing[0].done() or (leave is not None and len(self._signing) > leave)):
            self.waiting += self._signing.popleft().result()
            while len(self.waiting) >= CHUNK and not self.guarding.holds:
                self._report(CHUNK)

    def settle(self) -> None:
        """Wait for the threads, whatever comes of it: nothing is written into the folder from then on."""
        for one in self._signing:
            one.cancel()
        wait(self._signing)

    def kept(self, file: str, data: bytes) -> dict[str, Any]:
        """Write one file into the attempt folder; how it is reported."""
        (self.attempt.folder / file).write_bytes(data)
        return {"file": file, "size": len(data), "sha256": digest(data)}

    def flush(self) -> None:
        """Report all that was added, once it is signed, unless the guards hold it back until its set is judged."""
        self._take_back(leave=0)
        while self.waiting and not self.guarding.holds:
            self._report(min(CHUNK, len(self.waiting)))
        self._report(0)

    def _report(self, count: int) -> None:
        if count:
            self.made += count
            self.attempt.report.artifacts(self.waiting[:count])
            self.waiting = self.waiting[count:]
        done = self.made + len(self.guarding.withheld)
        self.attempt.report.progress(done, self.total, "items")

    def obey(self, *, midway: bool = False) -> None:
        """Report what is finished when asked to save, and leave when asked to; for a turn only between two batches."""
        if want := self.attempt.wants():
            self.flush()
            if want != "save" and not (want == TURN and (midway or self.guarding.holds)):
                raise Stopped(want, self.made)
