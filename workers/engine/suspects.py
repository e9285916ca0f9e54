"""The jobs that may have made a file: their signs, and which of them the evidence of one file or many points at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.contracts import Watermark
from workers.engine import sign_files
from workers.engine.sign_table import Scheme, SignTable
from workers.marks.statistic import scores, threshold

LOOKED_AT = 32  # of the likeliest jobs the z is computed
SMALLEST_SET = 2
MOST_LAYOUTS = 32  # in one upload whose watermark is looked for
MOST_COMPARED = 30_000_000  # items alone times jobs, of one upload: of 100,000 jobs the first 300 items

Reading = tuple[tuple[int, ...], NDArray[np.floating]]  # (shape as read, evidence (n,))
Group = tuple[tuple[int, ...], tuple[int, ...]]  # (layout as it came, layout as read)


@dataclass(frozen=True)
class Match:
    """The best job for one piece of evidence; `threshold` is for as many hypotheses as were tried."""

    job: str
    z: float
    threshold: float
    hypotheses: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"job": self.job, "z": round(self.z, 2), "threshold": round(self.threshold, 2), "tried": self.hypotheses}


@dataclass(frozen=True)
class Jobs:
    """Jobs by number: what each is called, and its mark key. Signs of a `generation` of them are kept in `folder`."""

    count: int
    name_of: Callable[[int], str]
    key_of: Callable[[int], bytes] = field(repr=False)
    folder: Path | None = None
    generation: bytes = b""

    def signs(self, scheme: Scheme) -> SignTable:
        """The signs of all."""
        if self.folder is None:
            return SignTable.made(scheme, self.count, self.key_of)
        return sign_files.table(self.folder, scheme, self.generation, self.count, self.key_of)


@dataclass
class Suspects:
    """Jobs that one mark may point at; the longest table of signs that was asked for serves all that follow."""

    mark: Watermark
    jobs: Jobs
    _table: SignTable | None = field(default=None, init=False, repr=False)

    def best(self, readings: Sequence[Reading], searched: int = 1) -> Match | None:
        """The job with the largest z over these readings, each (item shape, evidence (n,)); None without jobs.

        `searched` is how many such searches one claim rests on: it multiplies the hypotheses.
        """
        if not self.jobs.count or not readings:
            return None
        table = self._serving(max(readings, key=lambda reading: len(reading[1]))[0])
        found = [self._best(table, *reading) for reading in readings]
        z, winner = max(found)
        tried = self.jobs.count * len(readings) * searched
        return Match(self.jobs.name_of(winner), z, threshold(tried), tried)

    def _best(self, table: SignTable, shape: tuple[int, ...], evidence: NDArray[np.floating]) -> tuple[float, int]:
        likely = table.likeliest(evidence, LOOKED_AT)
        patterns = np.stack([self.mark.pattern(self.jobs.key_of(int(number)), shape) for number in likely])
        z = scores(patterns, evidence[None])[0]
        at = int(np.argmax(z))
        return float(z[at]), int(likely[at])

    def _serving(self, shape: tuple[int, ...]) -> SignTable:
        scheme = Scheme.of(self.mark, shape)
        if self._table is None or self._table.scheme.words < scheme.words:
            self._table = self.jobs.signs(scheme)
        return self._table


@dataclass
class Sets:
    """Evidence of items of one layout, added up per reading as it comes: the batch statistic of a zip."""

    mark: Watermark
    sums: dict[Group, Reading] = field(default_factory=dict)
    counts: Counter[Group] = field(default_factory=Counter)
    layouts: set[tuple[int, ...]] = field(default_factory=set)

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether items of this shape are still looked at; a zip of ever new sizes is bounded so."""
        return self.mark.layout(shape) in self.layouts or len(self.layouts) < MOST_LAYOUTS

    def add(self, shape: tuple[int, ...], readings: Sequence[Reading]) -> None:
        """One more item of this shape."""
        came = self.mark.layout(shape)
        self.layouts.add(came)
        for read, told in readings:
            group = (came, self.mark.layout(read))
            self.sums[group] = (read, self.sums[group][1] + told if group in self.sums else told)
            self.counts[group] += 1

    def judged(self, suspects: Suspects) -> dict[str, Any] | None:
        """The best match over all sets of at least two, as JSON; None where there is none."""
        sets = [group for group, count in self.counts.items() if count >= SMALLEST_SET]
        best: dict[str, Any] | None = None
        for group in sets:
            read, told = self.sums[group]
            match = suspects.best([(read, self.mark.together(told))], searched=len(sets))
            if match and (best is None or match.z > best["z"]):
                found = {"found": match.z >= match.threshold}
                best = match.as_dict() | {"items": self.counts[group], "shape": list(group[0])} | found
        return best


@dataclass
class Search:
    """The search for the watermark of one modality through an upload: whose it may be, and what was seen so far."""

    suspects: Suspects
    sets: Sets = field(init=False)
    compared: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.sets = Sets(self.suspects.mark)

    def one(self, item: NDArray[Any]) -> dict[str, Any] | None:
        """The best job for one item; `alone` says whether one of its size may be judged by itself, `found` judges.

        None too once MOST_COMPARED were compared: further items speak only in their sets.
        """
        if not self.sets.takes(item.shape):
            return None
        mark = self.suspects.mark
        readings = [(reading.shape, mark.evidence(reading)) for reading in mark.readings(item)]
        self.sets.add(item.shape, readings)
        self.compared += self.suspects.jobs.count
        if self.compared > MOST_COMPARED:
            return None
        match = self.suspects.best(readings)
        if match is None:
            return None
        alone = mark.judges_alone(item.shape)
        return match.as_dict() | {"alone": alone, "found": alone and match.z >= match.threshold}

    def batch(self) -> dict[str, Any] | None:
        """What the items say together."""
        return self.sets.judged(self.suspects)
