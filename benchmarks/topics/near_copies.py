"""What it costs to look for near copies: CPU time of a picture of 64 px among 60,000, of a text in a million letters.

Of pictures it depends on how many are looked for at once: the index is read from memory once for all of them. The
release line asks for a batch of the sampler (32).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from benchmarks.timing import Figure, measured
from workers.engine.near_pictures import LUMA_PX, Pictures
from workers.engine.near_texts import Texts
from workers.engine.sampler import BATCH

ITEMS, SIZE_PX, PASSAGE = 60_000, 64, 256
TOGETHER = (1, 8, BATCH, 256)
BAR_MS = 1.0


def measure(pairs: int) -> dict[str, Figure]:
    """As many runs of each as `pairs`."""
    torch.set_num_threads(1)
    figures = {}
    pictures, drawn = index(), np.random.default_rng(1)
    for count in TOGETHER:
        asked = list(drawn.integers(0, 256, (count, SIZE_PX, SIZE_PX, 1), dtype=np.uint8))
        runs = [cost(partial(pictures.nearest, asked), count) for _ in range(pairs)]
        bar = BAR_MS if count >= BATCH else None
        figures[f"a picture, {count} asked together"] = measured(runs, unit="ms CPU a picture", at_most=bar)
    with tempfile.TemporaryDirectory() as folder:
        figures["the index on disk"] = measured([size_mb(pictures, Path(folder) / "near")], unit="MB")
    said = [drawn.integers(97, 123, PASSAGE, dtype=np.uint32) for _ in range(4_000)]
    texts = Texts.of([said])
    runs = [cost(partial(texts.nearest, said[:64]), 64) for _ in range(pairs)]
    figures["a text of 256 characters among a million"] = measured(runs, unit="ms CPU a text")
    return figures


def index() -> Pictures:
    """Directions drawn at random: what is searched does not change what it costs."""
    rows = torch.randn(ITEMS, LUMA_PX**2, generator=torch.Generator().manual_seed(1))
    return Pictures(torch.nn.functional.normalize(rows, dim=1))


def size_mb(pictures: Pictures, place: Path) -> float:
    """Of an index as it is kept."""
    save_file(pictures.arrays(), place)
    return place.stat().st_size / 1e6


def cost(run: Callable[[], object], count: int) -> float:
    """Milliseconds of CPU for each item; a first run warms up what is kept."""
    run()
    began = time.process_time()
    run()
    return (time.process_time() - began) * 1e3 / count
