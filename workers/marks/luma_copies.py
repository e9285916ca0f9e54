"""What a marked picture is to survive alone, as its luminance sees it: half the size and back, and JPEG at quality 75.

The copies are made without the picture library, for many pictures at once: resizing is linear but for its rounding to
whole grey values, and JPEG rounds the coefficients of blocks of 8 x 8 (ITU-T T.81). Colour takes no part.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image

from workers.marks.luma_spectrum import Planes, cosines

QUALITY = 75
BLOCK = 8
BLOCKS = np.kron(cosines(BLOCK, BLOCK), cosines(BLOCK, BLOCK))  # (64 coefficients, 64 pixels) of a block


@lru_cache(maxsize=32)
def resizing(source: int, target: int) -> Planes:
    """The library's bicubic filter along one side, as the matrix (target, source) that it is."""
    unit = Image.fromarray(np.eye(source, dtype=np.float32))
    return np.asarray(unit.resize((source, target), Image.Resampling.BICUBIC))


@lru_cache(maxsize=1)
def steps() -> Planes:
    """The quantisation steps (64,) of luminance that the library uses at this quality."""
    with io.BytesIO() as file:
        Image.new("L", (BLOCK, BLOCK)).save(file, "JPEG", quality=QUALITY)
        return np.array(Image.open(file).quantization[0], dtype=np.float32)  # type: ignore[attr-defined]


def grey(planes: Planes) -> Planes:
    """Rounded to whole grey values of 0 to 255, in place."""
    np.rint(planes, out=planes)
    return np.clip(planes, 0, 255, out=planes)


def half_and_back(luma: Planes) -> Planes:
    """Planes (..., H, W) at half their size and back; the library rounds after each of the four steps."""
    height, width = luma.shape[-2:]
    small = resizing(height, height // 2) @ grey(luma @ resizing(width, width // 2).T)
    return grey(resizing(height // 2, height) @ grey(grey(small) @ resizing(width // 2, width).T))


def jpeg(luma: Planes) -> Planes:
    """Planes (N, H, W) after JPEG."""
    count, height, width = luma.shape
    wide = np.pad(np.rint(luma) - 128, ((0, 0), (0, -height % BLOCK), (0, -width % BLOCK)), mode="edge")
    rows, columns = wide.shape[1] // BLOCK, wide.shape[2] // BLOCK
    blocks = wide.reshape(count, rows, BLOCK, columns, BLOCK).swapaxes(2, 3)
    kept = blocks.reshape(count, rows * columns, BLOCK * BLOCK) @ BLOCKS.T
    kept /= steps()
    np.rint(kept, out=kept)
    kept *= steps()
    back = (kept @ BLOCKS).reshape(count, rows, columns, BLOCK, BLOCK).swapaxes(2, 3).reshape(wide.shape)
    back += 128
    return grey(back[:, :height, :width])
