"""A table as CSV: its first rows, and how the values of each column are spread, beside those of the real data."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desk.artifact.content import NotReadable

MOST_BYTES, MOST_ROWS, MOST_COLUMNS, CELL, BINS, WORDS = 262_144, 5_000, 40, 80, 12, 8
NUMBER, WORD = "number", "word"
MOSTLY = 0.9  # of the cells that hold something: from then on a column is one of numbers


@dataclass(frozen=True)
class Step:
    """One bar: what it stands for, and the share of values in it, made and real (0 to 100; None where unknown).

    `made_box` and `real_box` are (y, height) on a drawing 100 high, on which the longest bar of the column just fits.
    """

    label: str
    made: float
    real: float | None
    made_box: tuple[float, float] = (100.0, 0.0)
    real_box: tuple[float, float] = (100.0, 0.0)


@dataclass(frozen=True)
class Column:
    """How one column is spread."""

    name: str
    kind: str
    steps: tuple[Step, ...]
    empty: int
    low: str = ""
    high: str = ""

    @property
    def is_compared(self) -> bool:
        return any(step.real is not None for step in self.steps)


@dataclass(frozen=True)
class Table:
    """What is shown of a file; `more` where there are rows or columns beyond."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: bool


def read_table(data: bytes, *, is_whole: bool) -> Table:
    """The first rows and columns of a CSV file. Raises NotReadable where it has none."""
    text = data.decode("utf-8-sig", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    if not is_whole:
        text = text.rpartition("\n")[0] or text  # the last line may be cut
    found: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            if row:
                found.append([cell[:CELL] for cell in row[: MOST_COLUMNS + 1]])
            if len(found) > MOST_ROWS:
                break
    except csv.Error as wrong:
        if not found:
            raise NotReadable(expected="a table as CSV", got=str(wrong)[:100]) from wrong
    if not found:
        raise NotReadable(expected="a table as CSV", got="nothing")
    names, rows = tuple(found[0][:MOST_COLUMNS]), found[1 : MOST_ROWS + 1]
    filled = tuple(tuple((row + [""] * len(names))[: len(names)]) for row in rows)
    return Table(names, filled, not is_whole or len(found) > MOST_ROWS or len(found[0]) > MOST_COLUMNS)


def columns_of(table: Table, real: Sequence[Mapping[str, Any]] = ()) -> list[Column]:
    """How each column is spread; `real` are the columns of a data set's profile (docs/gallery.md), by name."""
    known = {str(one.get("name")): one for one in real if isinstance(one, Mapping)}
    return [
        _column(name, [row[place] for row in table.rows], known.get(name, {})) for place, name in enumerate(table.names)
    ]


def _column(name: str, cells: Sequence[str], real: Mapping[str, Any]) -> Column:
    said = [cell.strip() for cell in cells if cell.strip()]
    numbers = [value for cell in said if (value := _number(cell)) is not None]
    empty = len(cells) - len(said)
    if numbers and len(numbers) >= MOSTLY * len(said):
        return _numbers(name, numbers, empty, real)
    return _words(name, said, empty, real)


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < 1e300 else None


def _numbers(name: str, values: Sequence[float], empty: int, real: Mapping[str, Any]) -> Column:
    """In steps of the real data where its profile has them, else in BINS equal ones."""
    edges, counts = _edges_of(real)
    if not edges:
        low, high = min(values), max(values)
        wide = (high - low) / BINS or 1.0
        edges = [low + wide * step for step in range(BINS + 1)]
    held = [0] * (len(edges) - 1)
    for value in values:
        held[_bin(value, edges)] += 1
    total = sum(counts)
    steps = tuple(
        Step(
            f"{edges[at]:.4g} – {edges[at + 1]:.4g}",
            100 * count / len(values),
            100 * counts[at] / total if total else None,
        )
        for at, count in enumerate(held)
    )
    return Column(name, NUMBER, _boxed(steps), empty, f"{edges[0]:.4g}", f"{edges[-1]:.4g}")


def _boxed(steps: Sequence[Step]) -> tuple[Step, ...]:
    longest = max(max(step.made, step.real or 0.0) for step in steps) or 1.0
    return tuple(
        replace(step, made_box=_box(step.made, longest), real_box=_box(step.real or 0.0, longest)) for step in steps
    )


def _box(share: float, longest: float) -> tuple[float, float]:
    high = round(100 * share / longest, 1)
    return round(100 - high, 1), high


def _bin(value: float, edges: Sequence[float]) -> int:
    """The step of a value; what lies outside is counted in the first or the last."""
    below = sum(1 for edge in edges[1:-1] if value >= edge)
    return min(below, len(edges) - 2)


def _edges_of(real: Mapping[str, Any]) -> tuple[list[float], list[float]]:
    """Edges and counts of a histogram in a profile; nothing where it is not one."""
    said = real.get("histogram")
    edges = said.get("edges") if isinstance(said, Mapping) else None
    counts = said.get("counts") if isinstance(said, Mapping) else None
    if not isinstance(edges, list) or not isinstance(counts, list) or not 2 <= len(edges) <= 101:
        return [], []
    if len(counts) != len(edges) - 1 or not all(isinstance(one, int | float) for one in [*edges, *counts]):
        return [], []
    return ([float(one) for one in edges], [float(one) for one in counts]) if edges == sorted(edges) else ([], [])


def _words(name: str, said: Sequence[str], empty: int, real: Mapping[str, Any]) -> Column:
    held, values = Counter(said), real.get("values")
    theirs = {
        str(word): float(count)
        for word, count in (values.items() if isinstance(values, Mapping) else ())
        if isinstance(count, int | float)
    }
    total, real_total = len(said) or 1, sum(theirs.values())
    share = {word: max(held[word] / total, theirs.get(word, 0.0) / (real_total or 1)) for word in {*held, *theirs}}
    order = sorted(share, key=lambda word: (-share[word], word))
    steps = tuple(
        Step(word[:CELL], 100 * held[word] / total, 100 * theirs.get(word, 0.0) / real_total if real_total else None)
        for word in order[:WORDS]
    )
    return Column(name, WORD, steps, empty)
