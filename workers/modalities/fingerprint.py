"""A 64-bit picture fingerprint for finding near matches; no proof of anything, and not keyed.

The sign of the 64 lowest frequencies of a 32 x 32 luminance thumbnail against their median (the "pHash" of Zauner
2010). Copies after JPEG, resizing or a change of brightness differ in a few bits, unrelated pictures in about 32.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.marks.luma_spectrum import cosines, luminance
from workers.modalities.alpha import flattened

SIDE_PX = 32
LOWEST = cosines(9, SIDE_PX)  # rows 1 to 8 are used: row 0 is the mean


def fingerprint(item: NDArray[np.uint8]) -> str:
    """16 hexadecimal digits for a picture (H, W, C), transparency over white."""
    thumbnail = Image.fromarray(luminance(flattened(item))).resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    low = (LOWEST @ np.asarray(thumbnail) @ LOWEST.T)[1:, 1:].ravel()  # (64,)
    return np.packbits(low > np.median(low)).tobytes().hex()


def distance(one: str, other: str) -> int:
    """How many of the 64 bits differ."""
    return (int(one, 16) ^ int(other, 16)).bit_count()
