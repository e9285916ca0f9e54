"""The averaging forgery: whoever has many pictures of one job averages them and pastes what remains into his own.

Nothing of our keys is needed for it (MARKING measured it on photographs). It is why a watermark alone is never
evidence, and why no verdict calls such a file ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.marks.rates import Rate
from workers.contracts import Watermark
from workers.marks.statistic import MILLION_JOBS_Z, score

Picture = NDArray[np.uint8]


def residual(marked: Sequence[Picture], alike: Sequence[Picture]) -> NDArray[np.float64]:
    """What marked pictures (H, W, C) have in common that pictures of their like have not."""
    return np.mean(np.stack(marked), axis=0, dtype=np.float64) - np.mean(np.stack(alike), axis=0, dtype=np.float64)


def forged(clean: Sequence[Picture], pasted: NDArray[np.float64], gain: float = 1.0) -> list[Picture]:
    """Clean pictures with the residual on them."""
    return [np.clip(np.rint(one + gain * pasted), 0, 255).astype(np.uint8) for one in clean]


def found(mark: Watermark, key: bytes, items: Sequence[Picture]) -> Rate:
    """How many of these clear the threshold of a million jobs, each alone."""
    hits = [score(mark.pattern(key, item.shape), mark.evidence(item)) >= MILLION_JOBS_Z for item in items]
    return Rate(sum(hits), len(hits))
