"""Passages for the browser of items: a hundred to a JSON file, as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from models_store.canonical import canonical
from workers.modalities.shown import Place, sheets_of, spread, write_index

MOST_TEXTS = 1000


def write_text_sheets(folder: Path, counts: Sequence[int], read: Callable[[int, list[int]], Iterator[str]]) -> None:
    """`counts` are the passages of train and holdout; `read(split, rows)` gives the texts of rows that ascend."""
    places = spread([[-1] * count for count in counts], MOST_TEXTS)
    texts: dict[Place, str] = {}
    for split in range(len(counts)):
        mine = [place for place in places if place.split == split]
        texts |= dict(zip(mine, read(split, [place.row for place in mine]), strict=True))
    sheets = []
    for number, some in enumerate(sheets_of(places)):
        name = f"items-{number:02}.json"
        (folder / name).write_bytes(canonical({"texts": [texts[place] for place in some]}))
        sheets.append((name, some))
    write_index(folder, "texts", sheets, of=sum(counts), classes=())
