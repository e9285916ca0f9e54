"""What a person may look at of a data set: sheets of items with an index, and pictures of what could not be taken.

It lies beside the dataset folder and is no part of its address: nothing is trained on it, and it may be left out.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models_store.canonical import canonical

COLUMNS = ROWS = 10
SHEET_ITEMS = COLUMNS * ROWS
MOST_SHEETS = 40
INDEX = "items.json"
SPLITS = ("train", "holdout")


@dataclass(frozen=True)
class Place:
    """Where an item lies: split (0 train, 1 holdout), number of its class (-1: none), row in its split."""

    split: int
    label: int
    row: int


def shown_folder(out: Path) -> Path:
    """The folder beside the dataset folder `out`."""
    return out.with_name(f"{out.name}-shown")


def fresh_folder(out: Path) -> Path:
    """The same, emptied."""
    place = shown_folder(out)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place


def shares(counts: Sequence[int], most: int) -> list[int]:
    """How many of each group are shown, `most` in all: as even as the groups allow."""
    given, left = [0] * len(counts), most
    open_groups = [index for index, count in enumerate(counts) if count]
    while left and open_groups:
        each = max(1, left // len(open_groups))
        for index in open_groups:
            more = min(each, counts[index] - given[index], left)
            given[index] += more
            left -= more
        open_groups = [index for index in open_groups if given[index] < counts[index]]
    return given


def spread(splits: Sequence[Sequence[int]], most: int) -> list[Place]:
    """Places of items to be shown, in the order of split, class and row; `splits` are the class numbers of all rows."""
    groups: dict[tuple[int, int], list[int]] = {}
    for split, labels in enumerate(splits):
        for row, label in enumerate(labels):
            groups.setdefault((split, label), []).append(row)
    order = sorted(groups)
    counts = shares([len(groups[key]) for key in order], most)
    return [
        Place(*key, groups[key][number * len(groups[key]) // count])
        for key, count in zip(order, counts, strict=True)
        for number in range(count)
    ]


def sheets_of(places: Sequence[Place]) -> Iterator[list[Place]]:
    """A hundred at a time."""
    for start in range(0, len(places), SHEET_ITEMS):
        yield list(places[start : start + SHEET_ITEMS])


def write_index(
    folder: Path, kind: str, sheets: Sequence[tuple[str, Sequence[Place]]], *, of: int, classes: Sequence[str],
    cell_px: int = 0,
) -> None:  # fmt: skip
    """items.json: what lies where; `kind` is "pictures" (PNG, `cell_px` a cell) or "texts" (JSON)."""
    said: dict[str, Any] = {
        "version": 1,
        "kind": kind,
        "of": of,
        "shown": sum(len(places) for _, places in sheets),
        "columns": COLUMNS,
        "rows": ROWS,
        "cell_px": cell_px,
        "splits": list(SPLITS),
        "classes": list(classes),
        "sheets": [
            {"file": name, "items": [[place.split, place.label, place.row] for place in places]}
            for name, places in sheets
        ],
    }
    (folder / INDEX).write_bytes(canonical(said))
