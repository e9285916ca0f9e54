"""Pictures with transparency, (H, W, 4): how they look on paper, and what lies under parts that nobody sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

TILE_PX, LIGHT, DARK = 8, 255, 217  # of the chessboard that shows through


def flattened(item: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (..., H, W, 4) over white, (..., H, W, 3); one without transparency as it is.

    What is compared with other pictures, measured by people's eyes or judged is what they see, so this.
    """
    if item.shape[-1] != 4:
        return item
    alpha = item[..., 3:].astype(np.float32) / 255
    return np.rint(255 + (item[..., :3] - np.float32(255)) * alpha).astype(np.uint8)


def cleared(item: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) with black where nothing shows: colours that files leave there are no content and are not learned."""
    item = item.copy()
    item[item[..., 3] == 0] = 0
    return item


def on_chessboard(picture: Image.Image) -> Image.Image:
    """A picture of mode RGBA on a light chessboard (RGB), so that its transparent parts can be told; others as is."""
    if picture.mode != "RGBA":
        return picture
    rows, columns = (np.arange(side) // TILE_PX for side in (picture.height, picture.width))
    tiles = np.where((rows[:, None] + columns) % 2, DARK, LIGHT).astype(np.uint8)
    paper = Image.fromarray(np.repeat(tiles[..., None], 3, axis=2)).convert("RGBA")
    return Image.alpha_composite(paper, picture).convert("RGB")
