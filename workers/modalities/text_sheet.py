"""Many texts as cards in one picture."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models_store.errors import InvalidInput

MOST_CARDS = 64
CARD_PX, GAP_PX, PAD_PX = 220, 6, 8
FONT_PX, LINE_PX, LABEL_PX = 12, 15, 10
MOST_LINES = 10
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
PAPER, CARD, INK, PALE = "#ececec", "#ffffff", "#1a1a1a", "#707070"


def cards(items: Iterable[NDArray[np.uint32]], labels: Iterable[str] = ()) -> Image.Image:
    """Up to 64 texts (code points) row by row, each wrapped, long ones cut, its label below if labels are given.

    The font is Pillow's own: a character that it lacks is drawn as a box.
    """
    font, small = ImageFont.load_default(FONT_PX), ImageFont.load_default(LABEL_PX)
    texts = ["".join(map(chr, item)) for item in islice(items, MOST_CARDS)]
    named = list(islice(labels, len(texts)))
    if not texts:
        raise InvalidInput("A sheet needs at least one text.", field="items", expected="at least 1", got=0)
    wrapped = [lines(text, font, CARD_PX - 2 * PAD_PX) for text in texts]
    high = max(map(len, wrapped)) * LINE_PX + 2 * PAD_PX
    cell = high + GAP_PX + (LINE_PX if named else 0)
    columns = ceil(sqrt(len(texts)))
    size = (columns * (CARD_PX + GAP_PX) + GAP_PX, ceil(len(texts) / columns) * cell + GAP_PX)
    paper = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(paper)
    for index, told in enumerate(wrapped):
        left, top = GAP_PX + index % columns * (CARD_PX + GAP_PX), GAP_PX + index // columns * cell
        draw.rectangle((left, top, left + CARD_PX - 1, top + high - 1), fill=CARD)
        for number, line in enumerate(told):
            draw.text((left + PAD_PX, top + PAD_PX + number * LINE_PX), line, fill=INK, font=font)
        if index < len(named):
            label = lines(seen(named[index]).replace("\n", " "), small, CARD_PX)[0]
            draw.text((left, top + high + 1), label, fill=PALE, font=small)
    return paper


def lines(text: str, font: Font, width_px: int) -> list[str]:
    """The text broken to a width between words, at most MOST_LINES lines; an ellipsis ends what had to be cut."""
    told: list[str] = []
    line = ""
    for char in seen(text):
        if char != "\n" and font.getlength(line + char) <= width_px:
            line += char
            continue
        after = line.rfind(" ") + 1 if char not in "\n " else 0  # a word that does not fit goes to the next line whole
        told.append(line[:after] if after else line)
        line = (line[after:] if after else "") + char.strip("\n ")
        if len(told) == MOST_LINES:
            return [*told[:-1], _shortened(told[-1], font, width_px)]
    return [*told, line]


def seen(text: str) -> str:
    """A text with blanks for what cannot be drawn on a line."""
    return "".join(char if char == "\n" or char.isprintable() else " " for char in text)


def _shortened(line: str, font: Font, width_px: int) -> str:
    while line and font.getlength(line + "…") > width_px:
        line = line[:-1]
    return line + "…"
