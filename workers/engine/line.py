"""Sampled items on their way out: through the release line one by one, into files, and reported in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models_store.canonical import digest
from models_store.errors import InvalidInput
from models_store.media_types import beside, suffix
from workers.contracts import Attempt, Modality, Stopped
from workers.engine.release import release
from workers.engine.reports import TURN
from workers.engine.wishes import Wish

CHUNK = 64  # artifacts reported at once; each chunk is one leaf of the log
SHEET_ITEMS = 64


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
        (attempt.folder / "out").mkdir(exist_ok=True)
        attempt.report.progress(made, total, "items")

    def add(self, role: str, modality: Modality, wishes: Sequence[Wish], items: Sequence[Any]) -> None:
        """Release these items, made by the model of that role, and report every full chunk."""
        said = self.attempt.order["release"]
        said = {**said, **said["models"][role]}
        for index, item in zip([wish.index for wish in wishes], items, strict=True):
            released = release(item, index, said, modality=modality, mark_key=self.key, sign=self.sign)
            if index < SHEET_ITEMS:
                self.shown[index] = released.item
            file = f"out/{index:06d}.{suffix(released.media_type)}"
            self.waiting.append(
                {
                    "index": index,
                    "model": role,
                    **self.kept(file, released.data),
                    "media_type": released.media_type,
                    "content_sha256": released.content_sha256,
                    "seed": self.seed,
                    "marks": released.marks,
                    "sidecars": {name: self.kept(beside(file, name), data) for name, data in released.sidecars.items()},
                }
            )
            if len(self.waiting) == CHUNK:
                self.flush()

    def kept(self, file: str, data: bytes) -> dict[str, Any]:
        """Write one file into the attempt folder; how it is reported."""
        (self.attempt.folder / file).write_bytes(data)
        return {"file": file, "size": len(data), "sha256": digest(data)}

    def flush(self) -> None:
        """Report what waits."""
        if self.waiting:
            self.made += len(self.waiting)
            self.attempt.report.artifacts(self.waiting)
            self.waiting = []
        self.attempt.report.progress(self.made, self.total, "items")

    def obey(self, *, midway: bool = False) -> None:
        """Report what is finished when asked to save, and leave when asked to; for a turn only between two batches."""
        if want := self.attempt.wants():
            self.flush()
            if want != "save" and not (want == TURN and midway):
                raise Stopped(want, self.made)
