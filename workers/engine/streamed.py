"""What can be read of texts while they are being made: the first few of a job, twice a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers.contracts import Fields, Reporter, Spec, Written
from workers.engine.wishes import Wish

SHOWN = 8  # items of a job that are shown as they grow
EVERY_S = 0.5


@dataclass
class Streamed:
    """Watches a batch (runners.Watch): reports what was added since it last looked; `obey` raises Stopped to leave."""

    report: Reporter
    modality: Any
    spec: Spec
    obey: Callable[[], None] = lambda: None
    clock: Callable[[], float] = time.monotonic
    due: float = 0.0
    wishes: Sequence[Wish] = ()
    _said: dict[int, int] = field(default_factory=dict)

    def begin(self, wishes: Sequence[Wish]) -> None:
        """The batch that comes next."""
        self.wishes = wishes

    def is_due(self) -> bool:
        """Whether it is time to look again."""
        return self.clock() >= self.due

    def __call__(self, made: Fields, steps: int) -> None:
        """Called after each step, of which there are now `steps`; `made` is (B, at least as many) for each field."""
        if self.heeds():
            self.show({name: value[:, :steps] for name, value in made.items()})

    def heeds(self) -> bool:
        """Obeys, if it is time to look again; whether it was."""
        if not self.is_due():
            return False
        self.due = self.clock() + EVERY_S
        self.obey()
        return True

    def show(self, made: Fields) -> None:
        """Report the new part of each item that is shown."""
        written = self.modality
        if not isinstance(written, Written):
            return
        rows = [row for row, wish in enumerate(self.wishes) if wish.index < SHOWN]
        if not rows:
            return
        items = self.modality.decode({name: value[rows] for name, value in made.items()}, self.spec)
        pieces = []
        for row, item in zip(rows, items, strict=True):
            index, said = self.wishes[row].index, self._said.get(self.wishes[row].index, 0)
            if len(item) > said:
                pieces.append({"index": index, "at": said, "text": written.text(item[said:])})
                self._said[index] = len(item)
        if pieces:
            self.report.partial(pieces)
