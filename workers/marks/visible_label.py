"""The label that people see: "AI generated" or "AI 生成", on a picture or below a sheet of them.

GB 45438-2025, section 4.2: text on the picture's edge, at least 5 % as high as its shortest side. The two Chinese
characters are drawn stroke by stroke, since the font that comes with Pillow has none.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

LEAST_SIDE_PX = 128
LATIN = {"en": "AI generated", "zh": "AI "}
CHINESE = {"en": "", "zh": "生成"}
SHARE, LEAST_HEIGHT_PX = 0.08, 12
FINER = 4  # drawn this many times as large, for smooth edges
STROKE = 0.09  # of the height
SHADE = 0.6  # how dark the ground behind the words is
INK, PAPER, FOOTER_PX, FOOTER_GAP_PX = 96, 236, 16, 8
STROKES = {  # on a square of 100, y downwards
    "生": (
        ((30, 6), (24, 26), (12, 44)), ((26, 28), (86, 28)), ((20, 58), (82, 58)), ((5, 92), (96, 92)),
        ((52, 6), (52, 92)),
    ),
    "成": (
        ((18, 26), (92, 26)), ((18, 26), (17, 62), (6, 95)), ((18, 50), (47, 50), (45, 80), (34, 76)),
        ((56, 6), (60, 45), (72, 76), (89, 93), (95, 74)), ((84, 42), (70, 68), (48, 94)), ((70, 6), (84, 17)),
    ),
}  # fmt: skip


def on_item(item: NDArray[np.uint8], language: str) -> NDArray[np.uint8]:
    """The picture (H, W, C) with the words in its lower right corner, white on a darkened ground.

    Where the picture is transparent, the ground is not: the words are read on any page.
    """
    ink, ground = _corner(*item.shape[:2], language)
    if item.shape[2] == 4:
        alpha = item[..., 3:].astype(np.float32) / 255
        over_white = np.rint(255 + (item[..., :3] - np.float32(255)) * alpha).astype(np.uint8)
        labelled = on_item(np.where(ground[..., None] > 0, over_white, item[..., :3]), language)
        return np.concatenate([labelled, np.where(ground > 0, 255, item[..., 3])[..., None].astype(np.uint8)], axis=2)
    value = item.astype(np.float32) * (1 - SHADE * ground[..., None])
    return np.rint(value + (255 - value) * ink[..., None]).astype(np.uint8)


@lru_cache(maxsize=32)
def _corner(height: int, width: int, language: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much of each pixel (H, W) is ink, and how much is ground, 0 to 1."""
    size = max(LEAST_HEIGHT_PX, round(SHARE * min(height, width)))
    mask, pad = words(language, size), max(2, size // 4)
    if mask.width + 2 * pad > width:
        mask = mask.resize((width - 2 * pad, mask.height * (width - 2 * pad) // mask.width))
    ink, ground = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    top, left = height - mask.height - 2 * pad, width - mask.width - 2 * pad
    ground[top:, left:] = 1
    ink[top + pad : height - pad, left + pad : width - pad] = np.asarray(mask, np.float32) / 255
    return ink, ground


def words(language: str, height_px: int) -> Image.Image:
    """The label in one language, `en` or `zh`, white on black, as high as its letters."""
    tall = height_px * FINER
    font = ImageFont.load_default(tall)
    latin = LATIN[language]
    box = font.getbbox(latin or " ", anchor="ls")
    wide = round(font.getlength(latin))
    between = round(tall * 0.15)
    image = Image.new("L", (wide + len(CHINESE[language]) * (tall + between) + FINER, tall + tall // 4), 0)
    draw = ImageDraw.Draw(image)
    draw.text((0, tall - tall // 8), latin, fill=255, font=font, anchor="ls")
    for place, sign in enumerate(CHINESE[language]):
        _draw(draw, sign, wide + place * (tall + between), max(0, tall - tall // 8 + box[1]) // 2, tall)
    return image.resize((max(1, image.width // FINER), max(1, image.height // FINER)), Image.Resampling.LANCZOS)


def _draw(draw: ImageDraw.ImageDraw, sign: str, left: int, top: int, size: int) -> None:
    thick = max(1, round(size * STROKE))
    for stroke in STROKES[sign]:
        points = [(left + x * size / 100, top + y * size / 100) for x, y in stroke]
        draw.line(points, fill=255, width=thick, joint="curve")
        for x, y in points:
            draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)


def below(sheet: Image.Image) -> Image.Image:
    """A sheet with both labels on a line below it; a narrow one is widened."""
    line = [words(language, FOOTER_PX - 4) for language in ("en", "zh")]
    wide = sum(mask.width for mask in line) + 3 * FOOTER_GAP_PX
    paper = Image.new(sheet.mode, (max(sheet.width, wide), sheet.height + FOOTER_PX + FOOTER_GAP_PX), _of(sheet, PAPER))
    paper.paste(sheet, (0, 0))
    left = FOOTER_GAP_PX
    for mask in line:
        top = sheet.height + (FOOTER_PX + FOOTER_GAP_PX - mask.height) // 2
        paper.paste(_of(sheet, INK), (left, top, left + mask.width, top + mask.height), mask)
        left += mask.width + FOOTER_GAP_PX
    return paper


def _of(sheet: Image.Image, level: int) -> int | tuple[int, int, int]:
    return level if sheet.mode == "L" else (level, level, level)
