"""Artifacts from a bundle, for one job or for several that share its batches.

Each job keeps its own noise, its own line out and its own end. What an item is like depends on its job's seed and its
number alone (sampler.py), and on its job's key where it is marked while it is drawn (drawn_marks.py), so a job makes
the same alone and in company.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from workers.contracts import Attempt, Fields, Stopped
from workers.engine import sampler, shown
from workers.engine.bundle import Bundle
from workers.engine.drawn_marks import keyed, leaned_from, mark_of
from workers.engine.line import SHEET_ITEMS, Line, signers
from workers.engine.release import watermark_of
from workers.engine.reports import APART
from workers.engine.streamed import Streamed
from workers.engine.wishes import Wish
from workers.marks import aigc_xmp

SHEET_INDEX = 0  # of the first artifact on it
Outcome = dict[str, Any] | Exception


@dataclass(eq=False)
class Part:
    """What one job wants of the batches: all its wishes by the role of the model that makes them."""

    attempt: Attempt
    planned: Mapping[str, list[Wish]]
    left: Exception | None = None
    began: float = 0.0  # when its first batch did

    def __post_init__(self) -> None:
        self.done = set(self.attempt.order.get("done", []))
        self.total = sum(len(wishes) for wishes in self.planned.values())
        self.lacking = self.total - len(self.done)
        self.line = Line(self.attempt, self.total, len(self.done))
        self.watches: dict[str, Streamed] = {}
        self.drawing: Future[None] | None = None  # the contact sheet

    def wishes(self, role: str) -> list[Wish]:
        """What a model has yet to make."""
        return self.line.guarding.first([wish for wish in self.planned[role] if wish.index not in self.done])

    def release(self, role: str, bundle: Bundle, wishes: Sequence[Wish], items: Sequence[Any]) -> None:
        """These items leave by the line; a fault or a wish to leave ends this part alone."""
        if self.left is not None:
            return
        try:
            self.line.obey(midway=True)
            leaves, passed = self.line.guarding.passing(role, bundle, wishes, items)
            if leaves:
                self.line.add(role, bundle.modality(), leaves, passed, leaned_from(leaves[0], bundle))
            self.lacking -= len(wishes)
            if self.lacking:
                self.line.obey()
                self._draw({role: bundle})
        except Exception as why:
            self.left = why

    def _draw(self, bundles: Mapping[str, Bundle]) -> None:
        """Begin the contact sheet beside the line, once everything that it shows has been marked."""
        if self.drawing is None and sheet_of(self).keys() <= self.line.shown.keys():
            self.drawing = signers().submit(sheet, self, bundles)

    def _settle(self) -> None:
        """Wait for the threads: nothing is written into the folder from then on."""
        self.line.settle()
        if self.drawing is not None and not self.drawing.cancel():
            wait([self.drawing])

    def go_apart(self) -> None:
        """Leave the others, unless it has left; what is finished is reported."""
        if self.left is None:
            try:
                self.line.flush()
                self.left = Stopped(APART, self.line.made)
            except Exception as why:
                self.left = why

    def result(self, bundles: Mapping[str, Bundle]) -> Outcome:
        """The result report of docs/engine-folder.md, with the contact sheet; or why there is none."""
        if self.left is not None:
            self._settle()
            return self.left
        try:
            judged = self.line.guarding.said(bundles)
            self.line.flush()
            made, seconds = self.total - len(self.done), time.monotonic() - self.began
            if self.drawing is None:
                sheet(self, bundles)
            else:
                self.drawing.result()
        except Exception as why:
            self._settle()
            return why
        rate = round(made / seconds, 1) if made else None
        count = self.total - len(self.line.guarding.withheld)
        return {"count": count, "items_per_s": rate, "sheet": "out/sheet.png"} | judged

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be made."""
        return self.left is not None or not self.lacking


@dataclass
class Company:
    """The watch of shared batches (runners.Watch): each part sees its own rows of them, and leaves by itself."""

    role: str
    wanted: Sequence[tuple[Part, Wish]]
    rows: dict[Part, list[int]] = field(default_factory=dict)
    begun: int = 0  # how many wishes are made or being made

    def __post_init__(self) -> None:
        self.parts = list(dict.fromkeys(part for part, _ in self.wanted))

    def begin(self, wishes: Sequence[Wish]) -> None:
        """The batch that comes next."""
        owners = [part for part, _ in self.wanted[self.begun : self.begun + len(wishes)]]
        self.rows = {part: [row for row, _ in rows] for part, rows in groupby(enumerate(owners), key=itemgetter(1))}
        self.begun += len(wishes)
        for part, rows in self.rows.items():
            part.began = part.began or time.monotonic()
            part.watches[self.role].begin([wishes[row] for row in rows])

    def __call__(self, made: Fields, steps: int) -> None:
        """As Streamed; the batch is left once nobody waits for it."""
        for part, rows in self.rows.items():
            watch = part.watches[self.role]
            if part.left is None and watch.is_due():
                try:
                    watch({name: value[rows] for name, value in made.items()}, steps)
                except Stopped as why:
                    part.left = why
        self.look()
        if all(part.left for part in self.rows):
            raise Stopped("", steps)

    def look(self) -> None:
        """Who is asked to leave does so before its turn comes, too: its parent does not wait for long."""
        for part in self.parts:
            if part.left is None and part not in self.rows:
                try:
                    part.watches[self.role].heeds()
                except Stopped as why:
                    part.left = why

    @property
    def somebody_left(self) -> bool:
        """Whether batches are to be filled anew."""
        return any(part.left is not None for part in self.parts)

    def blame(self, why: Exception) -> None:
        """A fault of a batch that one job has alone is its own; of several nobody knows whose, and it is raised."""
        staying = [part for part in self.rows if part.left is None]
        if not self.rows or (staying and len(self.rows) > 1):
            raise why
        for part in staying:
            part.left = why


def make(parts: Sequence[Part], bundles: Mapping[str, Bundle]) -> Iterator[tuple[Part, Outcome]]:
    """Make what these jobs lack; yields each when it ends, with its result or with why there is none.

    A fault in a batch that several share parts all that have not ended: each is tried again by itself.
    """
    waiting = list(parts)
    for role, bundle in bundles.items():
        try:
            for _ in shared(list(waiting), role, bundle):
                yield from _ended(waiting, bundles)
        except Exception as why:
            for part in waiting:
                if len(parts) == 1:
                    part.left = part.left or why
                else:
                    part.go_apart()
        yield from _ended(waiting, bundles)


def _ended(waiting: list[Part], bundles: Mapping[str, Bundle]) -> Iterator[tuple[Part, Outcome]]:
    for part in [one for one in waiting if one.ended]:
        waiting.remove(part)
        yield part, part.result(bundles)


def shared(parts: Sequence[Part], role: str, bundle: Bundle) -> Iterator[None]:
    """Batches of one model, one job's items after another's; yields when what was made of a batch is on its way.

    When somebody leaves, what the others want is put into batches anew.
    """
    modality, spec = bundle.modality(), bundle.spec()  # names of tokens and units are its own
    mark = mark_of(bundle)
    for part in parts:
        seen = part.line.guarding.shown(modality)
        part.watches[role] = Streamed(part.attempt.report, seen, spec, partial(part.line.obey, midway=True))
    wanted = [(part, wish) for part in parts for wish in keyed(part.wishes(role), part.line.key, mark)]
    while wanted:
        company = Company(role, wanted)
        try:
            for chunk, fields in sampler.sample(bundle, [wish for _, wish in wanted], company, mark=mark):
                items = modality.decode(fields, spec)
                for part, rows in company.rows.items():
                    part.release(role, bundle, [chunk[row] for row in rows], [items[row] for row in rows])
                company.look()
                yield
                if company.somebody_left:
                    break
        except Exception as why:
            company.blame(why)
            yield
        wanted = [(part, wish) for part, wish in wanted[company.begun :] if part.left is None]


def sheet_of(part: Part) -> dict[int, Wish]:
    """What the contact sheet shows: the first wishes, less those that were withheld."""
    first = {wish.index: wish for wishes in part.planned.values() for wish in wishes if wish.index < SHEET_ITEMS}
    return {index: wish for index, wish in first.items() if index not in part.line.guarding.withheld}


def sheet(part: Part, bundles: Mapping[str, Bundle]) -> None:
    """The first artifacts side by side, marked and labelled; what an earlier attempt made is sampled anew, the same."""
    first = sheet_of(part)
    attempt, seen = part.attempt, part.line.shown
    modality, key = next(iter(bundles.values())).modality(), bytes.fromhex(attempt.secrets["mark_key"])
    mark, place = watermark_of(modality.name), attempt.folder / "out" / "sheet.png"
    for role, bundle in bundles.items():
        missing = [wish for wish in part.planned[role] if wish.index in first and wish.index not in seen]
        during = mark_of(bundle)
        for chunk, fields in sampler.sample(bundle, keyed(missing, key, during), mark=during):
            decoded = bundle.modality().decode(fields, bundle.spec())
            items = [shown.with_words(item, modality, attempt.order.get("params", {})) for item in decoded]
            marked = [mark.embed(item, key) for item in items] if mark else items
            seen |= {wish.index: item for wish, item in zip(chunk, marked, strict=True)}
    labels = [first[index].label for index in sorted(first)]
    shown.sheet(modality, [seen[index] for index in sorted(first)], place, labels if any(labels) else ())
    place.write_bytes(aigc_xmp.labelled(place.read_bytes(), "image/png", attempt.order["release"], SHEET_INDEX))
