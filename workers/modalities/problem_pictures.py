"""Small pictures of what could not be taken, drawn anew from its pixels: nothing of the file itself is kept."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageFile

from workers.contracts import Problem
from workers.modalities.image_sheet import png_bytes

SIDE_PX = 160
MOST = 40
MOST_OF_A_CODE = 10


class ProblemPictures:
    """PNG bytes by problem, a bounded number of each kind."""

    def __init__(self) -> None:
        self.kept: dict[Problem, bytes] = {}
        self.counts: Counter[str] = Counter()

    def keep(self, problem: Problem, image: Image.Image | None) -> None:
        """Remember how it looks, where it looks like something."""
        full = len(self.kept) >= MOST or self.counts[problem.code] >= MOST_OF_A_CODE
        if image is None or full or problem in self.kept:
            return
        if drawn := redrawn(image):
            self.kept[problem] = drawn
            self.counts[problem.code] += 1

    def write(self, folder: Path, problems: list[Problem]) -> dict[Problem, str]:
        """The pictures of these problems as files; problem -> name."""
        named: dict[Problem, str] = {}
        for problem in problems:
            if problem in self.kept and problem not in named:
                named[problem] = f"problem-{len(named):02}.png"
                (folder / named[problem]).write_bytes(self.kept[problem])
        return named


def redrawn(image: Image.Image) -> bytes | None:
    """At most 160 px, grey or RGB on white, without metadata; None where the pixels are no picture."""
    try:
        image = image.copy()
        if image.mode in ("I", "F") or image.mode.startswith("I;16"):
            image = _stretched(image)
        elif image.mode not in ("L", "RGB", "RGBA"):
            image = image.convert("RGBA" if "transparency" in image.info or "A" in image.mode else "RGB")
        image.thumbnail((SIDE_PX, SIDE_PX))
        if image.mode == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        return png_bytes(Image.fromarray(np.asarray(image)))  # from the array: nothing but pixels goes on
    except Exception:  # odd modes of six formats: a problem without a picture is still a problem
        return None


def salvaged(data: bytes, formats: Sequence[str], size_px: int, most_pixels: int) -> Image.Image | None:
    """What a damaged file of one of these formats still shows; None where that is nothing."""
    before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, True
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
        if image.width * image.height > most_pixels:
            return None
        image.draft(None, (2 * size_px, 2 * size_px))
        image.load()
        return image if image.getbbox() else None
    except Exception:  # as in decode_picture: decoders over a stranger's bytes raise anything
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def _stretched(image: Image.Image) -> Image.Image:
    values = np.nan_to_num(np.asarray(image).astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255 / ((high - low) or 1))).astype(np.uint8))
