"""Sheets of pictures for the browser of items: ten by ten to a PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.modalities.alpha import on_chessboard
from workers.modalities.image_sheet import as_picture, png_bytes
from workers.modalities.shown import COLUMNS, MOST_SHEETS, ROWS, SHEET_ITEMS, Place, sheets_of, spread, write_index

LARGEST_CELL_PX = 96


def write_picture_sheets(
    folder: Path, splits: Sequence[Sequence[int]], item: Callable[[Place], NDArray[np.uint8]], classes: Sequence[str],
    size_px: int,
) -> None:  # fmt: skip
    """At most 40 sheets: `splits` are the class numbers of train and holdout, `item` gives (H, W, C) uint8."""
    cell_px = min(size_px, LARGEST_CELL_PX)
    sheets = []
    for number, places in enumerate(sheets_of(spread(splits, MOST_SHEETS * SHEET_ITEMS))):
        name = f"items-{number:02}.png"
        (folder / name).write_bytes(png_bytes(_sheet([item(place) for place in places], cell_px)))
        sheets.append((name, places))
    write_index(folder, "pictures", sheets, of=sum(map(len, splits)), classes=classes, cell_px=cell_px)


def _sheet(items: Sequence[NDArray[np.uint8]], cell_px: int) -> Image.Image:
    """Without gaps, so that a page can cut a cell out; rows that hold nothing are left out."""
    pictures = [on_chessboard(as_picture(item)) for item in items]
    rows = min(ROWS, -(-len(pictures) // COLUMNS))
    paper = Image.new(pictures[0].mode, (COLUMNS * cell_px, rows * cell_px))
    for index, picture in enumerate(pictures):
        small = picture if picture.width == cell_px else picture.resize((cell_px, cell_px), Image.Resampling.BICUBIC)
        paper.paste(small, (index % COLUMNS * cell_px, index // COLUMNS * cell_px))
    return paper
