"""Sampled items on their way out: marked and labelled one by one, signed on other threads, and reported in chunks."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache
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
SLICE = 8  # artifacts that a thread signs in one go: to hand over each by itself costs half as much again
MOST_UNSIGNED = 32  # slices that wait, before the line itself does


@cache
def signers() -> ThreadPoolExecutor:
    """The threads that sign, for all lines of the process."""
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
        said, made = {**said, **said["models"][role]}, list[Unsigned]()
        worded = [with_words(item, modality, self.attempt.order.get("params", {})) for item in items]
        marked = marked_many(worded, modality, self.key)
        for index, item, done in zip([wish.index for wish in wishes], worded, marked, strict=True):
            made.append(
                prepare(item, index, said, modality=modality, mark_key=self.key, leaned_from=leaned_from, marked=done)
            )
            if index < SHEET_ITEMS:
                self.shown[index] = made[-1].item
            if len(made) == SLICE:
                self._hand_over(role, said, made)
                made = []
        if made:
            self._hand_over(role, said, made)
        self._take_back(leave=MOST_UNSIGNED)

    def _hand_over(self, role: str, said: Mapping[str, Any], made: Sequence[Unsigned]) -> None:
        self._signing.append(signers().submit(self._signed, role, said, made))
        self._take_back()

    def _signed(self, role: str, said: Mapping[str, Any], made: Sequence[Unsigned]) -> list[dict[str, Any]]:
        """Sign a slice and write its files; how its artifacts are reported. Runs on a thread of `signers`."""
        return [self._reported(role, one, said) for one in made]

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
