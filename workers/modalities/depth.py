"""How values of more than eight bits become 0..255: the whole range, one window for all, or each picture's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workers.modalities.members import BadFile

Wide = NDArray[np.float64]
Mapping = Literal["full", "window", "percentiles"]
PERCENTILES = (1.0, 99.0)
PART = 1 << 20  # values that are worked on at once: as float64, several times over, all of a picture's take much memory


@dataclass(frozen=True)
class Depth:
    """A recorded mapping: the same file and the same parameters give the same bytes.

    full: the whole range of the file's type, and of a DICOM file its own window. window: `low` becomes black and
    `high` white, in the values that the file counts in (a DICOM file's after rescaling: Hounsfield units of a CT).
    percentiles: the 1st percentile of each picture becomes black, the 99th white.
    """

    mapping: Mapping = "full"
    low: float = 0.0
    high: float = 65_535.0

    @property
    def is_full(self) -> bool:
        """Whether the file says itself how bright its values are."""
        return self.mapping == "full"

    def spread(self, values: NDArray[np.generic], counted: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
        """Values of any shape by window or percentiles; `counted` are those that percentiles are taken of."""
        if self.mapping == "window":
            return spread(values, self.low, self.high)
        seen = values if counted is None or not counted.any() else values[counted]
        low, high = np.percentile(seen.astype(np.float64), PERCENTILES, overwrite_input=True).tolist()
        return spread(values, low, high)


def spread(values: NDArray[np.generic], low: float, high: float) -> NDArray[np.uint8]:
    """`low` and less to 0, `high` and more to 255, evenly between; a picture of one value becomes black."""
    return in_parts(values, lambda part: np.clip((part - low) / ((high - low) or 1.0), 0, 1) * 255)


def in_parts(values: NDArray[np.generic], act: Callable[[Wide], Wide]) -> NDArray[np.uint8]:
    """What `act` makes of each value by itself, rounded to bytes; in memory of one part beside them."""
    made = np.empty(values.shape, np.uint8)
    flat, into = values.reshape(-1), made.reshape(-1)
    for start in range(0, flat.size, PART):
        into[start : start + PART] = np.rint(act(flat[start : start + PART].astype(np.float64))).astype(np.uint8)
    return made


def to_bytes(
    values: NDArray[np.generic], span: tuple[float, float], file: str, depth: Depth | None = None
) -> NDArray[np.uint8]:
    """Values of any number type to 0..255, by `depth`, or by the range (lowest, highest) of the whole set they are of.

    0..1 and -1..1 are stretched, 0..255 is kept, 0..65535 is divided by 257; anything else is a BadFile.
    """
    low, high = span
    if values.dtype == np.uint8:
        return values.astype(np.uint8)
    if not np.isfinite([low, high]).all():
        raise BadFile(code="pixel_range", field=file, expected="finite values", got="NaN or infinite values")
    if depth is not None and not depth.is_full:
        return depth.spread(values)
    if low >= 0 and high <= 1:
        return in_parts(values, lambda wide: wide * 255)
    if values.dtype.kind == "f" and low >= -1 and high <= 1:
        return in_parts(values, lambda wide: (wide + 1) * 127.5)
    if low >= 0 and 255 < high <= 65_535:
        return in_parts(values, lambda wide: wide / 257)
    if low >= 0 and high <= 255:
        return in_parts(values, lambda wide: wide)
    expected = "values of 0..1, -1..1, 0..255 or 0..65535, or another mapping (window, percentiles)"
    raise BadFile(code="pixel_range", field=file, expected=expected, got=f"{low:g}..{high:g}")
