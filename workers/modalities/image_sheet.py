"""Pictures as PNG bytes, and many of them side by side."""

from __future__ import annotations

import io
from collections.abc import Iterable
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models_store.errors import InvalidInput
from workers.modalities.alpha import on_chessboard

GAP_PX = 4
CELL_PX = 64  # smaller pictures are enlarged by a whole factor up to this
LABEL_PX = 14
PAPER = 236


def as_picture(item: NDArray[np.uint8]) -> Image.Image:
    """(H, W, 1 | 3 | 4) uint8 as a picture; InvalidInput where it is something else."""
    if item.dtype != np.uint8 or item.ndim != 3 or item.shape[2] not in (1, 3, 4):
        got = f"{item.dtype} {item.shape}"
        raise InvalidInput("This is not one image.", field="item", expected="uint8 (H, W, 1, 3 or 4)", got=got)
    return Image.fromarray(item[:, :, 0] if item.shape[2] == 1 else item)


def png_bytes(picture: Image.Image) -> bytes:
    """The picture as PNG, without any metadata; the same pixels give the same bytes."""
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=6)
    return out.getvalue()


def grid(items: Iterable[NDArray[np.uint8]], labels: Iterable[str] = ()) -> Image.Image:
    """Items (H, W, C) row by row in a nearly square grid, small ones enlarged, a line of text below each if given."""
    pictures = [on_chessboard(as_picture(item)) for item in items]
    texts = list(labels)
    if not pictures:
        raise InvalidInput("A sheet needs at least one image.", field="items", expected="at least 1", got=0)
    width, height = (max(size) for size in zip(*(picture.size for picture in pictures), strict=True))
    factor = max(1, CELL_PX // max(width, height))
    cell_w, cell_h = width * factor + GAP_PX, height * factor + GAP_PX + (LABEL_PX if texts else 0)
    columns = ceil(sqrt(len(pictures)))
    rows = ceil(len(pictures) / columns)
    mode = "RGB" if any(picture.mode == "RGB" for picture in pictures) else "L"
    paper = Image.new(mode, (columns * cell_w + GAP_PX, rows * cell_h + GAP_PX), "#ececec" if mode == "RGB" else PAPER)
    for index, picture in enumerate(pictures):
        left, top = GAP_PX + index % columns * cell_w, GAP_PX + index // columns * cell_h
        large = picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
        paper.paste(large, (left, top))
        if index < len(texts):
            _write(paper, (left, top + height * factor), texts[index], cell_w - GAP_PX)
    return paper


def _write(paper: Image.Image, place: tuple[int, int], text: str, width_px: int) -> None:
    """One line below a picture, shortened to its width."""
    font = ImageFont.load_default(LABEL_PX - 4)
    plain = "".join(char for char in text if char.isprintable())[:60]
    short = plain
    while short and font.getlength(short if short == plain else short + "…") > width_px:
        short = short[:-1]
    ImageDraw.Draw(paper).text(place, short if short == plain else short + "…", fill="black", font=font)
